import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Addresses } from "../../src/addresses.ts";
import { freePorts } from "./free-ports.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const SERVICES = ["EDGE", "ACS", "INGEST", "SINK", "WAREHOUSE", "IDENTITY_PROVIDER"] as const;

/** `dit up` as a process that can be killed and started again on the same ports and data. */
export interface ChildPipeline {
  readonly env: Readonly<Record<string, string>>;
  readonly addresses: Pick<Addresses, "acsUrl" | "edgeUrl" | "warehouseUrl" | "identityProviderUrl">;
  /** Resolves once it says that it is running. */
  start(): Promise<void>;
  /** SIGKILL: nothing of it runs on. */
  kill(): Promise<void>;
  /** SIGTERM: it drains. Resolves with its exit code. */
  stop(): Promise<number | null>;
  /** What it has said so far, stdout and stderr, since it was last started. */
  output(): string;
}

export async function createChildPipeline(dataDirectory: string): Promise<ChildPipeline> {
  const ports = await freePorts(2 * SERVICES.length);
  const env: Record<string, string> = { DIT_DATA_DIR: dataDirectory };
  SERVICES.forEach((service, index) => {
    env[`DIT_${service}_LISTEN_PORT`] = String(ports[2 * index]);
    env[`DIT_${service}_ADMIN_PORT`] = String(ports[2 * index + 1]);
  });
  const urlOf = (service: (typeof SERVICES)[number]) =>
    `http://127.0.0.1:${env[`DIT_${service}_LISTEN_PORT`]}`;
  const addresses = {
    acsUrl: urlOf("ACS"),
    edgeUrl: urlOf("EDGE"),
    warehouseUrl: urlOf("WAREHOUSE"),
    identityProviderUrl: urlOf("IDENTITY_PROVIDER"),
  };
  let child: ChildProcess | undefined;
  let output = "";
  const end = async (signal: "SIGKILL" | "SIGTERM"): Promise<number | null> => {
    const ending = child;
    child = undefined;
    if (ending === undefined) return null;
    const exited = once(ending, "exit");
    ending.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  };
  return {
    env,
    addresses,
    async start() {
      child = spawn(process.execPath, [MAIN, "up"], {
        env: { ...withoutDit(process.env), ...env },
        stdio: ["ignore", "pipe", "pipe"],
      });
      output = "";
      await running(child, (text) => {
        output += text;
        return output;
      });
    },
    async kill() {
      await end("SIGKILL");
    },
    stop: () => end("SIGTERM"),
    output: () => output,
  };
}

/** What the tests themselves are told by variables is none of its business, and it refuses names that it does not know. */
function withoutDit(inherited: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(inherited).filter(([name]) => !name.startsWith("DIT_")));
}

/** `collect` takes what is said, and answers with all that was. */
function running(child: ChildProcess, collect: (text: string) => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      if (collect(chunk.toString()).includes("DIT is running")) resolve();
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("exit", (code) => reject(new Error(`dit up ended with ${code}:\n${collect("")}`)));
  });
}
