import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLocalClickHouse } from "./clickhouse.ts";

const directory = await mkdtemp(join(tmpdir(), "dit-clickhouse-"));
const engine = await createLocalClickHouse({ directory });
const { origin, username, password } = new URL(engine.url);
const table = "t.rows";

beforeAll(async () => {
  await engine.start();
  await ask("CREATE DATABASE t");
  await ask(
    `CREATE TABLE ${table} (a UInt32, b String) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100`,
  );
});
afterAll(async () => {
  await engine.stop();
  await rm(directory, { recursive: true });
});

/** As curl would: the statement in the body, everything else in the address. */
async function post(body: string | Uint8Array<ArrayBuffer>, search = {}, headers = {}): Promise<Response> {
  const url = `${origin}/?${new URLSearchParams(search)}`;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  return await fetch(url, { method: "POST", body, headers: { authorization, ...headers } });
}

async function ask(sql: string, search = {}): Promise<string> {
  const response = await post(sql, search);
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text;
}

describe("ClickHouse's HTTP interface", () => {
  test("answers in the format that is asked for, with what clients read in the headers", async () => {
    expect(await (await fetch(`${origin}/ping`)).text()).toBe("Ok.\n");
    const response = await post("SELECT 1 AS one, 'é' AS two", {
      default_format: "JSONEachRow",
      query_id: "q1",
    });
    expect(await response.text()).toBe('{"one":1,"two":"é"}\n');
    const { headers } = response;
    expect(headers.get("x-clickhouse-format")).toBe("JSONEachRow");
    expect(headers.get("x-clickhouse-query-id")).toBe("q1");
    expect(JSON.parse(headers.get("x-clickhouse-summary") ?? "")).toMatchObject({ read_rows: "1" });
    expect(await ask("SELECT 1 AS one FORMAT JSONEachRow", { query: "-- said before" })).toBe('{"one":1}\n');
    expect(await ask("SELECT count() FROM rows", { database: "t" })).toMatch(/^\d+\n$/);
  });

  test("keeps parameters and settings to the query they came with", async () => {
    const parameters = { param_text: "a\\tb it's", param_list: "['x','y']" };
    expect(await ask("SELECT {text:String}, {list:Array(String)}[2] FORMAT TSVRaw", parameters)).toBe(
      "a\tb it's\ty\n",
    );
    await expect(ask("SELECT {text:String}")).rejects.toThrow(/UNKNOWN_QUERY_PARAMETER/);
    const setting = "SELECT value FROM system.settings WHERE name = 'max_threads'";
    const usual = await ask(setting);
    expect(await ask(setting, { max_threads: 7 })).toBe("7\n");
    expect(await Promise.all(Array.from({ length: 40 }, () => ask(setting)))).toEqual(Array(40).fill(usual));
    await ask("SET max_threads = 9");
    expect(await ask(setting)).toBe(usual);
  });

  test("takes parameters as parts of a form, as clients send long ones", async () => {
    const client = createClient({ url: origin, username, password, use_multipart_params: true });
    const ids = Array.from({ length: 20_000 }, (_, id) => id);
    const answer = await client.query({
      query: "SELECT length({ids:Array(UInt32)}) AS ids",
      query_params: { ids },
      format: "JSONEachRow",
    });
    expect(await answer.json()).toEqual([{ ids: 20_000 }]);
    await client.close();
  });

  test("inserts the body's rows, compressed or not, once a token", async () => {
    const rows = gzipSync('{"a":1,"b":"x"}\n{"a":2,"b":"it\'s; {b:String}"}\n');
    const search = { query: `INSERT INTO ${table} FORMAT JSONEachRow`, insert_deduplication_token: "one" };
    for (let time = 0; time < 2; time += 1) {
      const response = await post(new Uint8Array(rows), search, { "content-encoding": "gzip" });
      expect(await response.text()).toBe("");
      expect(response.status).toBe(200);
    }
    expect(await ask(`SELECT groupArray(a), any(b) FROM (SELECT * FROM ${table} ORDER BY a DESC)`)).toBe(
      "[2,1]\tit\\'s; {b:String}\n",
    );
    await post("", { ...search, insert_deduplication_token: "none" });
    await ask(`INSERT INTO ${table} VALUES (3, 'y')`);
    expect(await ask(`SELECT count() FROM ${table}`)).toBe("3\n");
  });

  test.each([
    ["SELECT * FROM nothing", 404, 60, "UNKNOWN_TABLE"],
    ["SELEC 1", 400, 62, "SYNTAX_ERROR"],
    ["SELECT 1; SELECT 2", 400, 62, "SYNTAX_ERROR"],
    ["SELECT toUInt8('x')", 400, 6, "CANNOT_PARSE_TEXT"],
    ["SELECT throwIf(1)", 500, 395, "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO"],
  ])("says by number, name and status what is wrong with %s", async (sql, status, code, type) => {
    const response = await post(sql);
    expect(await response.text()).toMatch(
      new RegExp(`^Code: ${code}\\. DB::Exception: .*\\(${type}\\) \\(version`, "s"),
    );
    expect([response.status, response.headers.get("x-clickhouse-exception-code")]).toEqual([
      status,
      String(code),
    ]);
  });

  test("knows its user, by any of the ways to say so, and no other", async () => {
    for (const search of [{ user: username, password }, {}]) {
      const headers = { "x-clickhouse-user": username, "x-clickhouse-key": password };
      const response = await fetch(`${origin}/?query=SELECT+1&${new URLSearchParams(search)}`, {
        ...(Object.keys(search).length === 0 && { headers }),
      });
      expect(await response.text()).toBe("1\n");
    }
    const refused = await post("SELECT 1", { password: "wrong" });
    expect([refused.status, refused.headers.get("x-clickhouse-exception-code")]).toEqual([403, "516"]);
    expect(await refused.text()).not.toContain("wrong");
    expect((await fetch(`${origin}/?query=SELECT+1`)).status).toBe(403);
  });

  test("reads only by GET", async () => {
    const credentials = new URLSearchParams({ user: username, password, query: `DROP TABLE ${table}` });
    const response = await fetch(`${origin}/?${credentials}`);
    expect(response.headers.get("x-clickhouse-exception-code")).toBe("164");
    await ask(`INSERT INTO ${table} VALUES (4, 'writes go on')`);
  });

  test("lets inserts with the same token, queries and a long query run at once", async () => {
    const long = post("SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1", {
      max_execution_time: 3,
    });
    const insert = (token: number) =>
      ask('{"a":9,"b":"many"}', {
        query: `INSERT INTO ${table} FORMAT JSONEachRow`,
        insert_deduplication_token: `m${token}`,
      });
    await Promise.all(Array.from({ length: 60 }, (_, index) => insert(index % 6)));
    for (let round = 0; round < 300; round += 1) await ask("SELECT 1");
    expect(await ask(`SELECT count() FROM ${table} WHERE b = 'many'`)).toBe("6\n");
    expect((await long).status).toBe(408);
  });
});

test("keeps its address and every acknowledged row over a kill and a stop", async () => {
  let rows = Number(await ask(`SELECT count() FROM ${table}`));
  for (const end of [() => engine.kill(), () => engine.stop()]) {
    rows += 1;
    await ask(`INSERT INTO ${table} VALUES (${rows}, 'before the end')`);
    await end();
    await expect(ask("SELECT 1")).rejects.toThrow(/fetch failed/);
    await engine.start();
    expect(Number(await ask(`SELECT count() FROM ${table}`))).toBe(rows);
  }
});

test("takes a cluster's SQL, once the engine has read it, for plain tables", async () => {
  const cluster = await createLocalClickHouse({ directory: join(directory, "cluster"), asCluster: "dit" });
  await cluster.start();
  const { origin: url, username: user, password: key } = new URL(cluster.url);
  const client = createClient({ url, username: user, password: key, log: { level: ClickHouseLogLevel.OFF } });
  const create = (onCluster: string) =>
    client.command({
      query: `CREATE TABLE c.rows${onCluster} (a UInt32) ENGINE = ReplicatedMergeTree('/clickhouse/{shard}/c/rows', '{replica}')
        ORDER BY a SETTINGS replicated_deduplication_window = 10, replicated_deduplication_window_seconds = 60, fsync_after_insert = 1`,
    });
  await client.command({ query: "CREATE DATABASE c ON CLUSTER `dit`" });
  await create(" ON CLUSTER `dit`");
  await expect(create(" ON CLUSTER")).rejects.toThrow(/Syntax error/);
  await client.command({ query: "SYSTEM SYNC REPLICA c.rows LIGHTWEIGHT" });
  await expect(client.command({ query: "SYSTEM SYNC REPLICA" })).rejects.toThrow(/Syntax error/);
  for (let time = 0; time < 2; time += 1) {
    const settings = { insert_deduplication_token: "one", insert_quorum: "2" };
    await client.insert({
      table: "c.rows",
      values: [{ a: 1 }],
      format: "JSONEachRow",
      clickhouse_settings: settings,
    });
  }
  const rows = await client.query({ query: "SELECT count() AS rows FROM c.rows", format: "JSONEachRow" });
  expect(await rows.json()).toEqual([{ rows: 1 }]);
  await client.close();
  await cluster.stop();
});
