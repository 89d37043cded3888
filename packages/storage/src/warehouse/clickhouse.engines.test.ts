import { createLocalClickHouse } from "@dit/local";
import { afterAll, beforeAll, describe } from "vitest";
import { openSubject, type Subject } from "../contract/contract.ts";
import { makeTemporaryDirectory } from "../contract/temporary-directory.ts";
import { parseClickHouseUrl } from "../engine-url/clickhouse-url.ts";
import { describeWarehouseContract } from "./contract.ts";
import type { Warehouse } from "./warehouse.ts";

const MODULE = new URL("./clickhouse.ts", import.meta.url).href;

/** `url` as in the configuration. The database `contract` on it is dropped. */
async function openClickHouseSubject(url: string): Promise<Subject<Warehouse>> {
  const options = { ...parseClickHouseUrl(url) };
  const opener = { module: MODULE, name: "openClickHouseWarehouse", options };
  const subject = await openSubject<Warehouse>(opener, async () => undefined);
  const { store } = subject;
  await store.command(`DROP DATABASE IF EXISTS contract${store.tables.onCluster} SYNC`);
  return subject;
}

describe.each([
  ["one server", undefined, ""],
  ["one server, rows compressed", undefined, "?compression=zstd"],
  ["a cluster's SQL", "dit", "?cluster=dit&compression=gzip"],
])("the local engine as %s", async (name, asCluster, parameters) => {
  const directory = await makeTemporaryDirectory();
  const engine = await createLocalClickHouse({
    directory: directory.path,
    ...(asCluster !== undefined && { asCluster }),
  });
  beforeAll(() => engine.start());
  afterAll(async () => {
    await engine.stop();
    await directory.remove();
  });
  describeWarehouseContract(`clickhouse (${name})`, () =>
    openClickHouseSubject(`${engine.url}${parameters}`),
  );
});

/** A real server, such as `https://user:password@host:8443?cluster=dit`; its user may create databases. */
const { DIT_CLICKHOUSE_URL: given } = process.env;
describe.skipIf(given === undefined)("the server of DIT_CLICKHOUSE_URL", () => {
  describeWarehouseContract("clickhouse (given)", () => openClickHouseSubject(given ?? ""));
});
