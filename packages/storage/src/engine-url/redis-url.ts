import type { RedisCountersOptions } from "../counters/redis.ts";
import { EngineUrlError, parseEngineUrl } from "./engine-url.ts";
import { createUrlParameters } from "./url-parameters.ts";
import { withoutUndefined } from "./without-undefined.ts";

const TIMEOUT_MS = { min: 1, max: 60_000 };
const REPLICAS = { min: 0, max: 10 };

/** `rediss://user:password@host:6379/0?replicas=1`; of a cluster `redis://h1,h2,h3?cluster=true`. Throws EngineUrlError. */
export function parseRedisUrl(text: string): RedisCountersOptions {
  const url = parseEngineUrl(text, { redis: 6379, rediss: 6379 });
  const named = createUrlParameters(url.parameters);
  const isCluster = named.flag("cluster") === true;
  const database = databaseOf(url.path);
  const options = {
    database,
    user: url.user,
    password: url.password,
    tls: url.scheme === "rediss" ? withoutUndefined({ caPath: named.text("caPath") }) : undefined,
    connectTimeoutMs: named.count("connectTimeoutMs", TIMEOUT_MS),
    timeoutMs: named.count("timeoutMs", TIMEOUT_MS),
    replicas: named.count("replicas", REPLICAS),
    replicationTimeoutMs: named.count("replicationTimeoutMs", TIMEOUT_MS),
    requireAppendOnlyFile: named.flag("requireAppendOnlyFile"),
  };
  named.end();
  const [address, ...others] = url.hosts;
  if (isCluster && database !== undefined && database > 0)
    throw new EngineUrlError("a cluster has no databases");
  if (address === undefined || (others.length > 0 && !isCluster)) {
    throw new EngineUrlError("names one host, or says cluster=true");
  }
  return { ...(isCluster ? { cluster: url.hosts } : { address }), ...withoutUndefined(options) };
}

function databaseOf(path: string): number | undefined {
  if (path === "") return undefined;
  if (!/^\d{1,4}$/.test(path)) throw new EngineUrlError("its path is the number of a database");
  return Number(path);
}
