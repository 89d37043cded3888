import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { unpackDebianPackages } from "./debian-package.ts";

const run = promisify(execFile);

export interface PrometheusPrograms {
  /** What the packages hold, as from `/`. */
  readonly root: string;
  readonly server: string;
  readonly alertmanager: string;
  /** Runs promtool; gives what it printed. Rejects, with that, if it finds a fault. */
  promtool(args: readonly string[]): Promise<string>;
  /** The same of Alertmanager's tool. */
  amtool(args: readonly string[]): Promise<string>;
}

/** Debian's Prometheus and Alertmanager. */
export async function prometheusPrograms(): Promise<PrometheusPrograms> {
  const root = await unpackDebianPackages("prometheus-debian", ["prometheus", "prometheus-alertmanager"]);
  const program = (name: string) => join(root, "usr/bin", name);
  const tool = (name: string) => async (args: readonly string[]) => {
    const { stdout } = await run(program(name), args).catch((error: unknown) => {
      const { stdout: told = "", stderr: faults = "" } = error as { stdout?: string; stderr?: string };
      throw new Error(`${name} finds fault:\n${told}${faults}`, { cause: error });
    });
    return stdout;
  };
  return {
    ...{ root, server: program("prometheus"), alertmanager: program("prometheus-alertmanager") },
    ...{ promtool: tool("promtool"), amtool: tool("amtool") },
  };
}
