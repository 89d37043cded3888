import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { readLogTail } from "./log-tail.ts";
import type { ServicePlan } from "./service-plan.ts";

/** One service in a process of its own, by its `main.ts` and its environment alone, on the same ports each time it is started. */
export interface ServiceProcess {
  /** Such as `sink-2`. */
  readonly name: string;
  readonly plan: ServicePlan;
  /** Undefined while it does not run. */
  readonly pid: number | undefined;
  /** What it printed, over all its starts. */
  readonly logPath: string;
  /** Resolves once its operator's port answers, ready or not. Throws with the end of its log if it ends before. */
  start(): Promise<void>;
  /** SIGTERM: it drains. Resolves with its exit code once it is gone; undefined if it did not run. */
  stop(): Promise<number | null | undefined>;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: it holds its connections and does nothing. */
  pause(): void;
  resume(): void;
  /** Resolves once /readyz says that it has all it needs. Throws with what it lacks. */
  untilReady(withinMs?: number): Promise<void>;
  /** How it ended without being told to; undefined if it did not. */
  failure(): Promise<string | undefined>;
}

const STARTS_WITHIN_MS = 30_000;
const READY_WITHIN_MS = 60_000;
/** The services themselves give up after 28 s. */
const STOPS_WITHIN_MS = 35_000;
const POLL_MS = 50;
const ANSWERS_WITHIN_MS = 5_000;

export function createServiceProcess(plan: ServicePlan, logPath: string): ServiceProcess {
  const { name, adminUrl } = plan;
  let child: ChildProcess | undefined;
  let isTold = false;

  async function failure(): Promise<string | undefined> {
    if (child === undefined || isTold || isRunning(child)) return undefined;
    const how = child.signalCode ?? `exit code ${child.exitCode}`;
    return `${name} ended by itself (${how}):\n${await readLogTail(logPath)}`;
  }

  async function end(signal: "SIGTERM" | "SIGKILL", withinMs: number): Promise<number | null | undefined> {
    const ending = child;
    isTold = true;
    if (ending === undefined || !isRunning(ending)) return undefined;
    const exited = once(ending, "exit");
    ending.kill(signal);
    // A paused process takes no other signal before it goes on.
    ending.kill("SIGCONT");
    const giveUp = setTimeout(() => ending.kill("SIGKILL"), withinMs);
    await exited;
    clearTimeout(giveUp);
    return ending.exitCode;
  }

  return {
    name,
    plan,
    logPath,
    get pid() {
      return child !== undefined && isRunning(child) ? child.pid : undefined;
    },
    async start() {
      if (child !== undefined && isRunning(child)) throw new Error(`${name} runs already`);
      isTold = false;
      child = await spawnService(plan, logPath);
      await until(
        async () => {
          const failed = await failure();
          if (failed !== undefined) throw new Error(failed);
          return await answers(`${adminUrl}/healthz`);
        },
        STARTS_WITHIN_MS,
        async () => `${name} does not answer at ${adminUrl}:\n${await readLogTail(logPath)}`,
      );
    },
    stop: () => end("SIGTERM", STOPS_WITHIN_MS),
    async kill() {
      await end("SIGKILL", STOPS_WITHIN_MS);
    },
    pause: () => void child?.kill("SIGSTOP"),
    resume: () => void child?.kill("SIGCONT"),
    async untilReady(withinMs = READY_WITHIN_MS) {
      await until(
        async () => {
          const failed = await failure();
          if (failed !== undefined) throw new Error(failed);
          return await answers(`${adminUrl}/readyz`);
        },
        withinMs,
        async () => `${name} is not ready: ${await textOf(`${adminUrl}/readyz`)}`,
      );
    },
    failure,
  };
}

/** It ends with this process, however that ends, and not with a Ctrl-C in this process's terminal: it is stopped in order. */
async function spawnService({ main, env }: ServicePlan, logPath: string): Promise<ChildProcess> {
  const log = openSync(logPath, "a");
  const args = ["--pdeathsig=KILL", "--", process.execPath, main];
  const { PATH, HOME } = process.env;
  const child = spawn("setpriv", args, {
    stdio: ["ignore", log, log],
    detached: true,
    env: { PATH, HOME, ...env },
  });
  closeSync(log);
  await once(child, "spawn");
  return child;
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function until(
  condition: () => Promise<boolean>,
  withinMs: number,
  explain: () => Promise<string>,
): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(await explain());
    await sleep(POLL_MS);
  }
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) }).catch(
    () => undefined,
  );
  await response?.body?.cancel();
  return response?.ok === true;
}

async function textOf(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) }).catch(
    () => undefined,
  );
  return (await response?.text()) ?? "no answer";
}
