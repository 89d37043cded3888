import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ComposeService } from "../compose/read-compose.ts";
import { type EnterRoot, enterRoot } from "../container/enter-root.ts";
import type { Image } from "../dockerfile/build-image.ts";

export interface ContainerOptions {
  readonly name: string;
  readonly image: Image;
  readonly service: ComposeService;
  /** What its variables say here. */
  readonly environment: Readonly<Record<string, string>>;
  readonly node: string;
  readonly hosts: string;
  /** What it finds of this machine, beside its image. */
  readonly binds?: EnterRoot["binds"];
  /** For its log. */
  readonly directory: string;
}

/** An image's very command, as compose.yaml runs it: its user, its read-only files, its environment. */
export interface Container {
  readonly name: string;
  /** Resolves with the exit code, or with null if a signal ended it. */
  readonly exited: Promise<number | null>;
  hasExited(): boolean;
  /** Runs another command in it, as the engine does for a health check. */
  run(argv: readonly string[]): Promise<number | null>;
  isHealthy(): Promise<boolean>;
  /** SIGTERM. */
  terminate(): void;
  log(): string;
}

export function startContainer(options: ContainerOptions): Container {
  const { name, image, service, directory } = options;
  const logPath = join(directory, `${name}.log`);
  const argv = [...(service.entrypoint ?? image.entrypoint), ...(service.command ?? [])];
  const main = launch(settingOf(options, argv), logPath);
  const run = async (command: readonly string[]) =>
    await launch(settingOf(options, command), `${logPath}.exec`).exited;
  return {
    name,
    exited: main.exited,
    hasExited: () => main.child.exitCode !== null || main.child.signalCode !== null,
    run,
    isHealthy: async () => (await run(service.healthcheck?.test?.slice(1) ?? image.healthcheck)) === 0,
    terminate: () => main.child.kill("SIGTERM"),
    log: () => readFileSync(logPath, "utf8"),
  };
}

function settingOf(options: ContainerOptions, argv: readonly string[]): EnterRoot {
  const { image, service, environment, node, hosts, binds = [] } = options;
  return {
    ...{ root: image.root, node, hosts, binds, argv, workdir: image.workdir },
    tmpfs: service.tmpfs?.map((entry) => entry.split(":")[0] ?? "") ?? [],
    readOnly: service.read_only === true,
    environment: { ...image.environment, ...environment },
    ...(image.user && { user: image.user }),
  };
}

function launch(setting: EnterRoot, logPath: string) {
  const { command, args, env } = enterRoot(setting);
  const log = openSync(logPath, "a");
  const child = spawn(command, args, { env, stdio: ["ignore", log, log] });
  closeSync(log);
  return { child, exited: once(child, "exit").then(([code]) => code as number | null) };
}
