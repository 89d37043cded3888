import { describe, expect, it } from "vitest";
import { parseClickHouseUrl } from "./clickhouse-url.ts";
import { EngineUrlError } from "./engine-url.ts";
import { parseKafkaUrl } from "./kafka-url.ts";
import { parsePostgresUrl } from "./postgres-url.ts";
import { parseRedisUrl } from "./redis-url.ts";

describe("a URL of a driver", () => {
  it.each([
    [parseRedisUrl("redis://h"), { address: { host: "h", port: 6379 } }],
    [
      parseRedisUrl(
        "rediss://:p%40ss@h:7/3?caPath=/ca.pem&replicas=1&replicationTimeoutMs=500&timeoutMs=900",
      ),
      {
        address: { host: "h", port: 7 },
        ...{ database: 3, password: "p@ss", tls: { caPath: "/ca.pem" } },
        ...{ replicas: 1, replicationTimeoutMs: 500, timeoutMs: 900 },
      },
    ],
    [
      parseRedisUrl("redis://u:p@a,b:7?cluster=true&requireAppendOnlyFile=false"),
      {
        cluster: [
          { host: "a", port: 6379 },
          { host: "b", port: 7 },
        ],
        ...{ user: "u", password: "p", requireAppendOnlyFile: false },
      },
    ],
    [
      parsePostgresUrl("postgres://u:p@h/telemetry?tls=true&caPath=/ca.pem&schema=dit_2&purgeWal=false"),
      {
        ...{ host: "h", port: 5432, database: "telemetry", user: "u", password: "p" },
        ...{ tls: true, caPath: "/ca.pem", schema: "dit_2", purgeWal: false },
      },
    ],
    [parseKafkaUrl("kafka://a:1,[::1]:2"), { brokers: ["a:1", "[::1]:2"] }],
    [
      parseKafkaUrl("kafka+tls://u:p@a?sasl=scram-sha-512&caPath=/ca.pem&prefix=dit.&requestTimeoutMs=2000"),
      {
        brokers: ["a:9093"],
        sasl: { mechanism: "scram-sha-512", username: "u", password: "p" },
        ...{ tls: { caPath: "/ca.pem" }, prefix: "dit.", requestTimeoutMs: 2_000 },
      },
    ],
    [
      parseClickHouseUrl("http://u:p@[::1]:7?compression=zstd"),
      { url: "http://[::1]:7", user: "u", password: "p", compression: "zstd" },
    ],
    [
      parseClickHouseUrl(
        "https://u:p@h?cluster=dit&caPath=/ca.pem&insertTimeoutMs=1000&statementTimeoutMs=2000",
      ),
      {
        ...{ url: "https://h:8443", user: "u", password: "p", cluster: "dit", caPath: "/ca.pem" },
        ...{ insertTimeoutMs: 1_000, statementTimeoutMs: 2_000 },
      },
    ],
  ])("says what its driver takes: %#", (parsed, options) => {
    expect(parsed).toEqual(options);
  });

  it.each<[(text: string) => unknown, string, string]>([
    [parseRedisUrl, "redis://a,b", "cluster=true"],
    [parseRedisUrl, "redis://a/1?cluster=true", "no databases"],
    [parseRedisUrl, "redis://a/x", "number of a database"],
    [parseRedisUrl, "redis://a?caPath=/ca.pem", "not known"],
    [parseRedisUrl, "redis://a?replicas=-1", "from 0 to"],
    [parseRedisUrl, "redis://a?replica=1", "there are"],
    [parsePostgresUrl, "postgresql://u:p@h/d", "begins with postgres://"],
    [parsePostgresUrl, "postgres://u:p@a,b/d", "one host"],
    [parsePostgresUrl, "postgres://h/d", "a user and a password"],
    [parsePostgresUrl, "postgres://u:p@h", "a database"],
    [parsePostgresUrl, "postgres://u:p@h/d?schema=X", "lower-case"],
    [parsePostgresUrl, "postgres://u:p@h/d?sslmode=require", "there are caPath, purgeWal, schema, tls"],
    [parsePostgresUrl, "postgres://u:p@h/d?caPath=/ca.pem", "goes with tls=true"],
    [parseKafkaUrl, "kafka://a/topic", "no path"],
    [parseKafkaUrl, "kafka://u:p@a", "together"],
    [parseKafkaUrl, "kafka://a?sasl=plain", "together"],
    [parseKafkaUrl, "kafka://u:p@a?sasl=gssapi", "plain or scram"],
    [parseKafkaUrl, "kafka://a?caPath=/ca.pem", "not known"],
    [parseKafkaUrl, "kafka://a?prefix=a/b", "prefix is"],
    [parseClickHouseUrl, "http://h", "a user and a password"],
    [parseClickHouseUrl, "http://u:p@h/dit", "no path"],
    [parseClickHouseUrl, "http://u:p@a,b", "one host"],
    [parseClickHouseUrl, "http://u:p@h?cluster=a%20b", "cluster is"],
    [parseClickHouseUrl, "http://u:p@h?database=x", "there are caPath, cluster"],
  ])("is refused: %# %s", (parse, text, message) => {
    expect(() => parse(text)).toThrow(EngineUrlError);
    expect(() => parse(text)).toThrow(message);
  });
});
