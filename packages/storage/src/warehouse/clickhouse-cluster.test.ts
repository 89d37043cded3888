import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { openClickHouseWarehouse } from "./clickhouse.ts";
import { batchInsert } from "./contract-table.ts";
import { clusterDialect } from "./table-dialect.ts";
import type { Warehouse } from "./warehouse.ts";

interface Asked {
  readonly sql: string;
  readonly settings: URLSearchParams;
}

interface Script {
  readonly shards?: number;
  readonly replicas?: number;
  /** Which server answers the n-th request. */
  readonly server?: (request: number) => string;
  readonly unsettled?: number;
}

const opened: { server: Server; store: Warehouse }[] = [];
afterEach(async () => {
  for (const { server, store } of opened.splice(0)) {
    await store.close();
    server.close();
  }
});

/** Servers of a cluster behind one address, as far as the driver asks them about that. */
async function openCluster({ shards = 1, replicas = 3, server: name = () => "a", unsettled = 0 }: Script) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const settings = new URL(request.url ?? "", "http://localhost").searchParams;
    const sql = (settings.get("query") ?? body).replaceAll(/\s+/g, " ");
    asked.push({ sql, settings });
    response.setHeader("x-clickhouse-server-display-name", name(asked.length));
    if (sql.includes("system.clusters")) response.end(row({ shards, replicas: shards * replicas }));
    else if (sql.includes("system.replicas")) response.end(row({ parts: unsettled }));
    else response.end(sql.startsWith("SELECT") ? row({ rows: 1 }) : "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const store = await openClickHouseWarehouse({ url, user: "u", password: "p", cluster: "dit" });
  opened.push({ server, store });
  return { store, asked, statements: () => asked.map(({ sql }) => sql) };
}

const row = (values: object) => `${JSON.stringify(values)}\n`;

const ASK = ["SELECT 1", {}, { upToDate: ["dit.a", "dit.b"] }] as const;
const ONE_ROUND = [
  "SYSTEM SYNC REPLICA dit.a LIGHTWEIGHT",
  "SYSTEM SYNC REPLICA dit.b LIGHTWEIGHT",
  expect.stringContaining("system.replicas"),
  "SELECT 1 FORMAT JSONEachRow",
];

describe("an answer that must have every acknowledged insert", () => {
  test("comes from a server that has been told to catch up, and another one does not", async () => {
    const { store, statements } = await openCluster({});
    expect(await store.query(...ASK)).toEqual([{ rows: 1 }]);
    expect(statements()).toEqual(ONE_ROUND);
    await store.query("SELECT 1");
    expect(statements()).toHaveLength(5);
  });

  test("is asked for again when another server answered than caught up, and refused if they take turns", async () => {
    const once = await openCluster({ server: (request) => (request === 4 ? "b" : "a") });
    expect(await once.store.query(...ASK)).toEqual([{ rows: 1 }]);
    expect(once.statements()).toEqual([...ONE_ROUND, ...ONE_ROUND]);
    const always = await openCluster({ server: (request) => String(request % 2) });
    await expect(always.store.query(...ASK)).rejects.toMatchObject({ code: "SERVERS_TAKE_TURNS" });
  });

  test("is not given while the server has parts that may not count", async () => {
    const { store } = await openCluster({ unsettled: 1 });
    await expect(store.query(...ASK)).rejects.toMatchObject({ code: "PARTS_UNSETTLED" });
  });
});

describe("an insert into a cluster", () => {
  test.each([
    [1, "1"],
    [2, "2"],
    [3, "2"],
    [5, "3"],
  ])("of %i servers is answered once %s have it", async (replicas, quorum) => {
    const { store, asked } = await openCluster({ replicas });
    await store.insert(batchInsert("a"));
    await store.insert(batchInsert("b"));
    const [, ...inserts] = asked;
    expect(inserts.map(({ settings }) => settings.get("insert_quorum"))).toEqual([quorum, quorum]);
    const { settings } = inserts[1] ?? {};
    expect(settings?.get("insert_deduplication_token")).toBe("b");
    expect(settings?.get("async_insert")).toBe("0");
    expect(settings?.get("wait_end_of_query")).toBe("1");
    expect(Number(settings?.get("insert_quorum_timeout"))).toBeLessThan(
      Number(settings?.get("max_execution_time")) * 1_000,
    );
  });

  test.each([
    ["CLUSTER_UNKNOWN", { shards: 0 }],
    ["CLUSTER_HAS_SHARDS", { shards: 2 }],
  ])("is refused before anything is done if the cluster is unfit: %s", async (code, script) => {
    const { store, asked } = await openCluster(script);
    await expect(store.insert(batchInsert("a"))).rejects.toMatchObject({ code });
    await expect(store.command("CREATE TABLE x")).rejects.toMatchObject({ code });
    expect(asked.every(({ sql }) => sql.includes("system.clusters"))).toBe(true);
  });
});

test("a cluster's name is put into SQL only if it needs no quoting", () => {
  expect(clusterDialect("dit-1.eu").onCluster).toBe(" ON CLUSTER `dit-1.eu`");
  for (const name of ["", "a b", "a'b", "a`b", "{shard}", "a/b"])
    expect(() => clusterDialect(name)).toThrow(RangeError);
});
