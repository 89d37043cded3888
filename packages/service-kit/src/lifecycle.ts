import { ConfigError } from "./config.ts";
import { errorReason } from "./error-reason.ts";
import { ListenError } from "./listen-error.ts";

/** Something that runs. `stop` drains, waits, and may be called again; called while `start` still waits, it ends that. */
export interface Service {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** sysexits has no code for this; 2 is what shells and getopt use for "called wrongly". */
const EXIT_CONFIG = 2;
const EXIT_FAILURE = 1;
/** Longer than any drain; an orchestrator kills after 30 s by default. */
const STOP_TIMEOUT_MS = 28_000;

/**
 * A process of one service: creates and starts it, stops it once on SIGINT or SIGTERM, and exits: 0 stopped, 1 failed, 2 for a
 * configuration error, all of whose problems go to stderr. A second signal exits at once.
 */
export async function runMain(
  create: (env: Readonly<Record<string, string | undefined>>) => Promise<Service>,
): Promise<void> {
  process.on("uncaughtException", (error) => fail("crashed", error));
  const stopped = Promise.withResolvers<void>();
  let isStopping = false;
  const onSignal = () => {
    if (isStopping) process.exit(EXIT_FAILURE);
    isStopping = true;
    stopped.resolve();
  };
  // Never taken off again: without a listener, even for a moment, a signal kills the process where it stands.
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  try {
    const service = await create(process.env);
    const started = service.start();
    // A service may be told to stop while it still waits for what it needs.
    await Promise.race([started, stopped.promise]);
    started.catch(() => undefined);
    await stopped.promise;
    setTimeout(() => fail("did not stop in time", undefined), STOP_TIMEOUT_MS).unref();
    await service.stop();
    process.exit(0);
  } catch (error) {
    fail("failed", error);
  }
}

function fail(what: string, error: unknown): never {
  process.stderr.write(`${describe(what, error)}\n`);
  process.exit(error instanceof ConfigError ? EXIT_CONFIG : EXIT_FAILURE);
}

/** An unknown error is named by its reason and place: its message may quote data or a connection string. */
function describe(what: string, error: unknown): string {
  if (error instanceof ConfigError) return [`${error.message}:`, ...error.problems].join("\n  ");
  if (error instanceof ListenError) return error.message;
  if (!(error instanceof Error)) return what;
  const frames = (error.stack ?? "").split("\n").filter((line) => /^ {4}at /.test(line));
  return [`${what}: ${errorReason(error)}`, ...frames].join("\n");
}
