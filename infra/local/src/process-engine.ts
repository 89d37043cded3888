import type { LocalEngine } from "./local-engine.ts";
import type { ServerProcess } from "./server-process.ts";

/** An engine that is one server process, started by `launch`, as often as it is wanted. `stop` sends `stopSignal`. */
export function createProcessEngine(parts: {
  readonly url: string;
  readonly stopSignal: "SIGTERM" | "SIGINT" | "SIGQUIT";
  readonly launch: () => Promise<ServerProcess>;
}): LocalEngine {
  let server: ServerProcess | undefined;
  return {
    url: parts.url,
    get pid() {
      if (server === undefined || !server.running) throw new Error("the server does not run");
      return server.pid;
    },
    async start() {
      if (server?.running) return;
      server = await parts.launch();
    },
    async stop() {
      await server?.end(parts.stopSignal);
    },
    async kill() {
      await server?.end("SIGKILL");
    },
  };
}
