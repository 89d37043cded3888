import type { CommandIo } from "./command.ts";

/** Where nobody watches a line change, progress is for a log. */
const PROGRESS_EVERY_MS = 10_000;
/** One Ctrl-C comes from the terminal and again from pnpm, which passes it on: nobody presses it twice that fast. */
const SAME_SIGNAL_WITHIN_MS = 500;
const DEFAULT_COLUMNS = 80;
const CLEAR_LINE = "\r\x1b[K";

/** What of a process a command's world is made of. */
export type Terminal = Pick<NodeJS.Process, "env" | "on" | "exit" | "stdout" | "stderr">;

/** Results go to stdout, all else to stderr. Whoever closes either (`dit ... | head -1`) has seen enough, and that is no failure. */
export function createTerminalIo(
  terminal: Terminal,
  nowMs: () => number = () => performance.now(),
): CommandIo {
  const { stdout, stderr } = terminal;
  const stopping = new AbortController();
  const written = { progress: false, atMs: Number.NEGATIVE_INFINITY };
  let catches = false;

  function write(stream: NodeJS.WriteStream, line: string): void {
    if (written.progress) stderr.write(CLEAR_LINE);
    written.progress = false;
    stream.write(`${line}\n`);
  }

  for (const stream of [stdout, stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      if (!catches) terminal.exit(0);
      stopping.abort();
    });
  }
  return {
    env: terminal.env,
    out: (line) => write(stdout, line),
    err: (line) => write(stderr, line),
    progress(line) {
      if (stderr.isTTY) {
        stderr.write(`${CLEAR_LINE}${line.slice(0, (stderr.columns ?? DEFAULT_COLUMNS) - 1)}`);
        written.progress = true;
      } else if (nowMs() - written.atMs >= PROGRESS_EVERY_MS) {
        written.atMs = nowMs();
        write(stderr, line);
      }
    },
    stopSignal() {
      if (catches) return stopping.signal;
      catches = true;
      let firstAtMs = Number.NEGATIVE_INFINITY;
      const onSignal = () => {
        if (!stopping.signal.aborted) firstAtMs = nowMs();
        else if (nowMs() - firstAtMs > SAME_SIGNAL_WITHIN_MS) terminal.exit(1);
        stopping.abort();
      };
      terminal.on("SIGINT", onSignal);
      terminal.on("SIGTERM", onSignal);
      return stopping.signal;
    },
  };
}
