import type { ClickHouseWarehouseOptions } from "../warehouse/clickhouse.ts";
import { EngineUrlError, parseEngineUrl } from "./engine-url.ts";
import { createUrlParameters } from "./url-parameters.ts";
import { withoutUndefined } from "./without-undefined.ts";

const TIMEOUT_MS = { min: 100, max: 600_000 };
const CLUSTER = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;

/** `https://user:password@host:8443?cluster=dit&compression=zstd`. Throws EngineUrlError. */
export function parseClickHouseUrl(text: string): ClickHouseWarehouseOptions {
  const { scheme, user, password, hosts, path, parameters } = parseEngineUrl(text, {
    http: 8123,
    https: 8443,
  });
  const [place, ...others] = hosts;
  if (place === undefined || others.length > 0)
    throw new EngineUrlError("names one host, or what balances over several");
  if (user === undefined || password === undefined) throw new EngineUrlError("names a user and a password");
  if (path !== "") throw new EngineUrlError("has no path: the database is dit");
  const named = createUrlParameters(parameters);
  const cluster = named.text("cluster");
  if (cluster !== undefined && !CLUSTER.test(cluster)) throw new EngineUrlError("cluster is the name of one");
  const options = {
    cluster,
    caPath: named.text("caPath"),
    compression: named.choice("compression", ["none", "gzip", "zstd"]),
    insertTimeoutMs: named.count("insertTimeoutMs", TIMEOUT_MS),
    statementTimeoutMs: named.count("statementTimeoutMs", TIMEOUT_MS),
  };
  named.end();
  const host = place.host.includes(":") ? `[${place.host}]` : place.host;
  return { url: `${scheme}://${host}:${place.port}`, user, password, ...withoutUndefined(options) };
}
