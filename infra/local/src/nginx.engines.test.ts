import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLocalNginx, type LocalNginx } from "./nginx.ts";

const EDGE_SECRET = "edge-secret-edge-secret-edge-secret";

let directory: string;
let nginx: LocalNginx;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dit-nginx-"));
  nginx = await createLocalNginx({
    directory,
    ingestUrls: ["http://127.0.0.1:1"],
    edgeSecret: EDGE_SECRET,
  });
});
afterEach(async () => {
  await nginx.stop();
  await rm(directory, { recursive: true });
});

const answers = (url: string) =>
  fetch(url).then(
    ({ status }) => status,
    () => "nothing",
  );

async function childrenOf(pid: number): Promise<number[]> {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  return list.split(" ").map(Number).filter(Boolean);
}

test("it keeps its port over a stop and a kill, and leaves no worker behind", async () => {
  for (const end of [() => nginx.stop(), () => nginx.kill()]) {
    await nginx.start();
    expect(await answers(nginx.url)).toBe(404);
    expect(await childrenOf(nginx.pid)).not.toEqual([]);
    await end();
    expect(() => nginx.pid).toThrow(/does not run/);
    expect(await answers(nginx.url)).toBe("nothing");
  }
});

test("it goes with the process that started it, however that ends", async () => {
  const program = join(directory, "start.ts");
  const options = { directory: join(directory, "site"), ingestUrls: ["http://127.0.0.1:1"], edgeSecret: "x" };
  await writeFile(
    program,
    `import { createLocalNginx } from ${JSON.stringify(import.meta.resolve("./nginx.ts"))};
     const nginx = await createLocalNginx(${JSON.stringify(options)});
     await nginx.start();
     process.send?.(nginx.url);
     setInterval(() => undefined, 1_000);`,
  );
  const parent = fork(program);
  const [url] = (await once(parent, "message")) as [string];
  expect(await answers(url)).toBe(404);
  parent.kill("SIGKILL");
  await expect.poll(() => answers(url), { timeout: 10_000 }).toBe("nothing");
});

test("a setting that nginx.conf does not ask for is refused", async () => {
  const settings = { DIT_EDGE_RATE_PER_MINUTE: "1" };
  const options = { directory: join(directory, "other"), ingestUrls: [], edgeSecret: EDGE_SECRET, settings };
  await expect(createLocalNginx(options)).rejects.toThrow("DIT_EDGE_RATE_PER_MINUTE");
});
