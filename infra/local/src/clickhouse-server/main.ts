/** ClickHouse's engine behind its HTTP interface. Settings come as JSON in the first argument, the password in CLICKHOUSE_PASSWORD. */
import { once } from "node:events";
import { createServer } from "node:http";
import { openEngine } from "./engine.ts";
import { createRequestListener } from "./request-listener.ts";

interface ServerSettings {
  readonly path: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly keepAliveSeconds: number;
  /** Of a cluster; its SQL is cut down for one engine then. */
  readonly configPath?: string;
  readonly isCluster: boolean;
}

const MAX_HEADER_BYTES = 1_024 ** 2;
const [argument = ""] = process.argv.slice(2);
const settings = JSON.parse(argument) as ServerSettings;
const engine = await openEngine(settings.path, settings);
const listener = createRequestListener(engine, {
  user: settings.user,
  password: process.env.CLICKHOUSE_PASSWORD ?? "",
});
const options = { keepAliveTimeout: settings.keepAliveSeconds * 1_000, maxHeaderSize: MAX_HEADER_BYTES };
const server = createServer(options, listener).listen(settings.port, settings.host);
await once(process, "SIGTERM");
server.close();
server.closeIdleConnections();
await engine.close();
process.exit(0);
