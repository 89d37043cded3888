import { createLocalClickHouse, type LocalEngine } from "@dit/local";
import { afterAll, beforeAll } from "vitest";
import { openSubject, type Subject } from "../contract/contract.ts";
import { makeTemporaryDirectory } from "../contract/temporary-directory.ts";
import { describeWarehouseContract } from "./contract.ts";
import type { Warehouse } from "./warehouse.ts";

const places = await makeTemporaryDirectory();
const engine = await createLocalClickHouse({ directory: places.path });
beforeAll(() => engine.start());
afterAll(async () => {
  await engine.stop();
  await places.remove();
});

function optionsOf({ url }: Pick<LocalEngine, "url">): Record<string, string> {
  const { origin, username, password } = new URL(url);
  return { url: origin, user: decodeURIComponent(username), password: decodeURIComponent(password) };
}

async function openClickHouseSubject(): Promise<Subject<Warehouse>> {
  const module = new URL("./clickhouse.ts", import.meta.url).href;
  const opener = { module, name: "openClickHouseWarehouse", options: optionsOf(engine) };
  const subject = await openSubject<Warehouse>(opener, async () => undefined);
  await subject.store.command(`DROP DATABASE IF EXISTS contract SYNC`);
  return subject;
}

describeWarehouseContract("clickhouse", openClickHouseSubject);
