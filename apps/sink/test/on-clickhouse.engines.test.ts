import { createLocalClickHouse } from "@dit/local";
import { afterAll, beforeAll, describe } from "vitest";
import { makeDirectory } from "./harness.ts";

/** The tests that look at what is in the warehouse: all that it promises, they need. */
const FILES = [
  "crash.test.ts",
  "event-views.test.ts",
  "lost-records.test.ts",
  "reconcile.test.ts",
  "salts.test.ts",
  "sink.test.ts",
  "two-sinks.test.ts",
  "unaccounted.test.ts",
  "unknown-outcome.test.ts",
  "use-cases.test.ts",
];

const directory = await makeDirectory();
const alone = await createLocalClickHouse({ directory: `${directory.path}/alone` });
const cluster = await createLocalClickHouse({ directory: `${directory.path}/cluster`, asCluster: "dit" });
beforeAll(() => Promise.all([alone.start(), cluster.start()]));
afterAll(async () => {
  await Promise.all([alone.stop(), cluster.stop()]);
  await directory.remove();
});

/** A real server is tried too where `DIT_CLICKHOUSE_URL` names one. Its database `dit` gets tables, and keeps them. */
const SERVERS = { "one server": alone.url, "a cluster's SQL": `${cluster.url}?cluster=dit`, ...given() };

for (const [name, url] of Object.entries(SERVERS)) {
  describe(`over HTTP, on ${name}:`, async () => {
    process.env.DIT_TEST_CLICKHOUSE_URL = url;
    for (const file of FILES) await import(`./${file}?${name}`);
  });
}

function given(): Record<string, string> {
  const { DIT_CLICKHOUSE_URL: url } = process.env;
  return url === undefined ? {} : { "the server of DIT_CLICKHOUSE_URL": url };
}
