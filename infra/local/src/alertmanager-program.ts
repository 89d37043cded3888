import { readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fetchOnce } from "./fetch-once.ts";
import { prometheusPrograms } from "./prometheus-programs.ts";

/** Where Debian built it to look for its templates, without which it does not start. */
const INSTALLED = "/usr/share/prometheus/alertmanager";
/** The same from the directory that it is started in, and, in a program, no longer or shorter. */
const UNPACKED = "usr/share/prometheus/alertmanager/";
const MAY_RUN = 0o755;

export interface AlertmanagerProgram {
  readonly server: string;
  /** It finds its templates from here alone. */
  readonly workingDirectory: string;
}

/** Debian's Alertmanager, in a copy that need not be installed: nothing is written to the machine's own `/usr`. */
export async function alertmanagerProgram(): Promise<AlertmanagerProgram> {
  const { root, alertmanager } = await prometheusPrograms();
  const workingDirectory = await fetchOnce("alertmanager-debian-unpacked", async (directory) => {
    // Every byte is a character of latin1, and the other way round.
    const program = await readFile(alertmanager, "latin1");
    const copy = program.replaceAll(INSTALLED, UNPACKED);
    await writeFile(join(directory, "alertmanager"), copy, { encoding: "latin1", mode: MAY_RUN });
    await symlink(join(root, "usr"), join(directory, "usr"));
  });
  return { server: join(workingDirectory, "alertmanager"), workingDirectory };
}
