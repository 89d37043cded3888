import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { startNginx } from "../support/start-nginx.ts";
import { artefact, readFiles } from "./collect.ts";
import type { OtherEdge, StartOtherEdge } from "./describe-canaries.ts";
import { hasIpv6 } from "./has-ipv6.ts";
import type { Artefact } from "./scanner.ts";

/** The edge that ships for nginx, on both families of addresses where the machine has them. */
export async function startNginxEdge({
  ingestUrl,
  edgeSecret,
}: Parameters<StartOtherEdge>[0]): Promise<OtherEdge> {
  const { nginx, url, directory, stop } = await startNginx({
    ...{ edgeSecret, ingestUrls: [ingestUrl] },
    ...(hasIpv6() && { listen: (port: number) => `[::]:${port} ipv6only=off` }),
  });
  return {
    ...{ url, adminUrl: nginx.adminUrl, stop },
    artefacts: async () => [...(await readFiles(directory)), ...(await openFilesOf(nginx.pid))],
  };
}

/** What a server and its workers hold open, also if it has no name any more, or is in memory. */
async function openFilesOf(pid: number): Promise<Artefact[]> {
  const workers = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  const processes = [pid, ...workers.split(" ").map(Number).filter(Boolean)];
  const opened = await Promise.all(processes.map(openFilesOfProcess));
  return opened.flat();
}

async function openFilesOfProcess(pid: number): Promise<Artefact[]> {
  const directory = `/proc/${pid}/fd`;
  const links = await Promise.all(
    (await readdir(directory)).map(async (name) => {
      const path = join(directory, name);
      return { path, target: await readlink(path) };
    }),
  );
  // Sockets, pipes and devices have no bytes that rest.
  const files = links.filter(({ target }) => target.startsWith("/") && !target.startsWith("/dev/"));
  return Promise.all(
    files.map(async ({ path, target }) =>
      artefact("other files", `${target} of process ${pid}`, await readFile(path)),
    ),
  );
}
