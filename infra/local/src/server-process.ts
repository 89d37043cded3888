import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

export interface ServerCommand {
  /** For messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Numeric user and group to run as; as this process where it is not given. */
  readonly runAs?: { readonly uid: number; readonly gid: number };
  /** What it gets when this process ends, however that ends: SIGKILL, unless that would leave children of its own behind. */
  readonly orphanSignal?: "KILL" | "TERM";
  /** What it prints is appended here. */
  readonly logPath: string;
  /** Rejects until the server answers. */
  readonly probe: () => Promise<unknown>;
}

export interface ServerProcess {
  readonly pid: number;
  readonly running: boolean;
  end(signal: "SIGTERM" | "SIGINT" | "SIGQUIT" | "SIGKILL"): Promise<void>;
}

const READY_WITHIN_MS = 60_000;
const PROBE_EVERY_MS = 50;
const SIGNAL_EVERY_MS = 500;
const LOG_TAIL_CHARACTERS = 2_000;

/** Starts a server that ends with this process, however that ends. Rejects, with the end of its log, if it does not answer in time. */
export async function startServer(command: ServerCommand): Promise<ServerProcess> {
  const log = openSync(command.logPath, "a");
  const child = spawn("setpriv", [...privileges(command), "--", command.command, ...command.args], {
    stdio: ["ignore", log, log],
    // A Ctrl-C is for whoever started it, and comes to that one's whole group: servers end in their turn.
    detached: true,
    ...(command.env && { env: command.env }),
    ...(command.cwd !== undefined && { cwd: command.cwd }),
  });
  closeSync(log);
  const exited = once(child, "exit");
  await once(child, "spawn");
  await untilReady(command, child);
  return {
    get pid() {
      if (child.pid === undefined) throw new Error(`${command.name} has no process`);
      return child.pid;
    },
    get running() {
      return isRunning(child);
    },
    async end(signal) {
      // A server may refuse for a moment: Redis does while it writes its first append-only file.
      while (isRunning(child)) {
        child.kill(signal);
        // A stopped process takes no other signal before it goes on.
        child.kill("SIGCONT");
        await Promise.race([exited, sleep(SIGNAL_EVERY_MS)]);
      }
    },
  };
}

function privileges({ runAs, orphanSignal = "KILL" }: ServerCommand): string[] {
  const user = runAs ? [`--reuid=${runAs.uid}`, `--regid=${runAs.gid}`, "--clear-groups"] : [];
  return [...user, `--pdeathsig=${orphanSignal}`];
}

async function untilReady(command: ServerCommand, child: ChildProcess): Promise<void> {
  const deadlineMs = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const failure = await command.probe().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure === undefined && isRunning(child)) return;
    if (isRunning(child) && performance.now() < deadlineMs) {
      await sleep(PROBE_EVERY_MS);
      continue;
    }
    const what = isRunning(child) ? "does not answer" : "ended at its start";
    child.kill("SIGKILL");
    const log = await readFile(command.logPath, "utf8");
    throw new Error(`${command.name} ${what}:\n${log.slice(-LOG_TAIL_CHARACTERS)}`, { cause: failure });
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
