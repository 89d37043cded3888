import { access } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeTemporaryDirectory, type TemporaryDirectory } from "../contract/temporary-directory.ts";
import { openChdbWarehouse } from "./chdb.ts";
import { openReadOnlyChdb, type ReadOnlyChdb } from "./chdb-read-only.ts";
import { batchInsert, createTable, TABLE } from "./contract-table.ts";
import { LanesFullError } from "./lanes.ts";
import { NotReadingError } from "./reading-statement.ts";
import type { Warehouse } from "./warehouse.ts";

describe("what strangers may do with the embedded warehouse", () => {
  let directory: TemporaryDirectory;
  let warehouse: Warehouse & { readonly path: string };
  let reading: ReadOnlyChdb;
  beforeAll(async () => {
    directory = await makeTemporaryDirectory();
    const path = `${directory.path}/warehouse`;
    warehouse = await openChdbWarehouse({ path });
    for (const sql of createTable(warehouse.tables)) await warehouse.command(sql);
    await warehouse.insert(batchInsert("a"));
    await warehouse.command("CREATE DATABASE contract_views");
    await warehouse.command(
      `CREATE VIEW contract_views.above AS SELECT count() AS rows FROM ${TABLE} WHERE number >= {least:UInt32}`,
    );
    reading = openReadOnlyChdb({
      path,
      database: "contract",
      views: "contract_views",
      maxExecutionSeconds: 1,
      maxMemoryBytes: 50_000_000,
    });
  });
  afterAll(async () => {
    await reading.close();
    await warehouse.close();
    await directory.remove();
  });

  async function answer(sql: string, parameters: Record<string, string> = {}): Promise<string> {
    return Buffer.from((await reading.query(sql, "TSV", parameters)).bytes).toString();
  }

  test.each([
    [`SELECT count() FROM ${TABLE}`, "50\n"],
    ["WITH 1 AS x SELECT x + 1", "2\n"],
    ["(SELECT 1) UNION ALL (SELECT 1)", "1\n1\n"],
    ["-- said before\n/* and */ SELECT 1;", "1\n"],
    ["SHOW TABLES FROM contract", "events\n"],
    [`EXISTS TABLE ${TABLE}`, "1\n"],
    ["SELECT 'INTO OUTFILE' AS `PARALLEL WITH`, '\\'' AS \"INTO OUTFILE\"", "INTO OUTFILE\t\\'\n"],
    [
      "SELECT sumIf(number, number % 2), quantilesIf(0.5)(number, number > 1), uniqExactMerge(s), COUNT(DISTINCT number), any_value(number), 'a' || 'b', toString([number::Int8][1]), if(1, 2, 3), CASE WHEN 1 THEN 2 END, toStartOfDay(toDateTime(0)) FROM (SELECT number, uniqExactState(number) AS s FROM numbers(3) GROUP BY number) GROUP BY number ORDER BY number LIMIT 1",
      "0\t[nan]\t1\t1\t0\tab\t0\t2\t2\t1970-01-01 00:00:00\n",
    ],
    ["SELECT rows FROM contract_views.above(least = 40)", "10\n"],
    [
      "SELECT a.rows - b.rows FROM `contract_views`.above(least = 0) AS a, contract_views.above(least = 1) AS b",
      "1\n",
    ],
    ["SHOW TABLES FROM contract_views", "above\n"],
    ["EXISTS TABLE contract_views.above", "1\n"],
    ["SELECT 1 AS one FORMAT JSONEachRow", '{"one":1}\n'],
  ])("answers %s", async (sql, expected) => {
    expect(await answer(sql)).toBe(expected);
  });

  test("binds parameters as the HTTP interface does, escaped, and forgets them", async () => {
    const parameters = { text: "a\\tb it's \\\\", list: "['x','y']", none: "\\N" };
    const sql =
      "SELECT {text:String}, {list:Array(String)}[2], isNull({none:Nullable(String)}) FORMAT TSVRaw";
    expect(await answer(sql, parameters)).toBe("a\tb it's \\\ty\t1\n");
    await expect(answer("SELECT {text:String}")).rejects.toThrow(/UNKNOWN_QUERY_PARAMETER/);
    await expect(answer("SELECT 1", { "a = 1; SELECT": "x" })).rejects.toThrow(RangeError);
  });

  test.each([
    "SYSTEM STOP MERGES",
    "/* SELECT */ SYSTEM SHUTDOWN",
    "KILL QUERY WHERE 1",
    "USE system",
    "SET max_memory_usage = 0",
    "DROP TABLE contract.events",
    "INSERT INTO contract.events SELECT 'b', 1, ''",
    "BACKUP DATABASE contract TO File('x')",
    "SELECT 1 PARALLEL WITH SYSTEM STOP MERGES",
    "SELECT 1 INTO OUTFILE '/tmp/dit-outfile'",
    "SELECT '\\\\' INTO OUTFILE '/tmp/dit-outfile'",
    "SELECT 'it''s' INTO OUTFILE '/tmp/dit-outfile'",
    "SHOW TABLES INTO/**/OUTFILE '/tmp/dit-outfile'",
    "SELECT file('/etc/passwd')",
    "SELECT `file`('/etc/passwd')",
    "DESCRIBE TABLE file('/etc/passwd')",
    "DESCRIBE url('http://127.0.0.1:1/')",
    "EXPLAIN SELECT file('/etc/passwd')",
    "SELECT arrayMap(path -> file(path), ['/etc/passwd'])",
    "WITH (SELECT file('/etc/passwd')) AS content SELECT content",
    "SELECT 1 WHERE 'x' IN (SELECT file('/etc/passwd'))",
    "SELECT 1 ORDER BY file('/etc/passwd')",
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
    "SELECT arrayMap(file, ['/etc/passwd'])",
    "SELECT arrayMap(`file`, ['/etc/passwd'])",
    "SELECT * APPLY(file) FROM (SELECT '/etc/passwd' AS x)",
    "SELECT COLUMNS('x') APPLY(x -> file(x)) FROM (SELECT '/etc/passwd' AS x)",
    "SELECT * REPLACE(file(x) AS x) FROM (SELECT '/etc/passwd' AS x)",
    "SELECT arrayFold(file, ['a'], '/etc/passwd')",
    "SELECT 1 FROM contract.`/etc/passwd`",
    "EXISTS TABLE `/etc/passwd`",
    "DESCRIBE TABLE `/etc/passwd`",
    "SHOW CREATE TABLE `/etc/passwd`",
    "SELECT * FROM `/etc/passwd`",
    "SELECT * FROM above(least = 1)",
    "SELECT * FROM other_views.above(least = 1)",
    "SELECT * FROM contract_views.`../x`(least = 1)",
    "SELECT * FROM contract_views.above(least = (SELECT file('/etc/passwd')))",
    "SELECT * FROM other_views.above",
    "SELECT last_error_message FROM system.errors",
    "SELECT query FROM system.processes",
    "SHOW PROCESSLIST",
    "SELECT * APPLY(sleep) FROM (SELECT 1)",
    "SELECT aiGenerate('x', 'y')",
    "SELECT getServerSetting('max_connections')",
  ])("does not even try %s", async (sql) => {
    await expect(answer(sql)).rejects.toThrow(NotReadingError);
    await expect(access("/tmp/dit-outfile")).rejects.toThrow();
  });

  test.each([
    ["SELECT 1; SELECT 2", /Multi-statements/],
    ["SELECT 1; DROP TABLE contract.events", /Multi-statements/],
    ["SELECT 1'); SELECT ('2", /SYNTAX_ERROR/],
    ["", /SYNTAX_ERROR/],
    ["SELECT 1 SETTINGS readonly = 0", /READONLY/],
    ["SELECT 1 SETTINGS max_execution_time = 0", /READONLY/],
    ["SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1", /TIMEOUT_EXCEEDED/],
    ["SELECT uniqExact(number) FROM numbers(100000000)", /MEMORY_LIMIT_EXCEEDED/],
    ["SELECT number FROM numbers(100000000)", /TOO_MANY_ROWS_OR_BYTES/],
  ])("refuses %s", async (sql, reason) => {
    await expect(answer(sql)).rejects.toThrow(reason);
  });

  test("ends what runs and begins nothing when its asker has left, and waits for none of it", async () => {
    const narrow = openReadOnlyChdb({
      path: warehouse.path,
      database: "contract",
      maxConcurrentQueries: 1,
      maxWaitingQueries: 1,
    });
    const asker = new AbortController();
    const endless = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1";
    const started = performance.now();
    const [runs, waits] = [1, 2].map(() => narrow.query(endless, "TSV", {}, asker.signal));
    await expect(narrow.query("SELECT 1", "TSV")).rejects.toThrow(LanesFullError);
    await narrow.check();
    setTimeout(() => asker.abort(), 200);
    await expect(runs).rejects.toThrow(/QUERY_WAS_CANCELLED/);
    await expect(waits).rejects.toThrow(/aborted/);
    const left = narrow.query(endless, "TSV").catch((error: Error) => error.message);
    setTimeout(() => void narrow.close(), 200);
    expect(await left).toMatch(/QUERY_WAS_CANCELLED/);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test("leaves memory to those who write, however much is asked beside a query that takes long", async () => {
    const busy = openReadOnlyChdb({ path: warehouse.path, database: "contract", maxWaitingQueries: 1_000 });
    const asker = new AbortController();
    const endless = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1";
    const long = busy.query(endless, "TSV", {}, asker.signal);
    let answered = 0;
    const others = Array.from({ length: 500 }, async () => {
      await busy.query("SELECT 1", "TSV");
      answered += 1;
    });
    let before = -1;
    await expect
      .poll(
        () => {
          const isStill = answered === before && answered >= 100;
          before = answered;
          return isStill;
        },
        { timeout: 20_000, interval: 300 },
      )
      .toBe(true);
    const [memory] = await warehouse.query<{ bytes: number }>(
      "SELECT value AS bytes FROM system.metrics WHERE metric = 'MemoryTracking'",
    );
    expect(Number(memory?.bytes)).toBeLessThan(800_000_000);
    asker.abort();
    await expect(long).rejects.toThrow(/QUERY_WAS_CANCELLED/);
    await Promise.all(others);
    await busy.close();
  }, 180_000);

  test("sees what is written while it reads, and writes go on", async () => {
    const [, , rows] = await Promise.all([
      answer("SELECT count() FROM numbers(3000000) WHERE sipHash64(number) = 1"),
      warehouse.insert(batchInsert("b")),
      answer("SELECT 1"),
    ]);
    expect(rows).toBe("1\n");
    expect(await answer(`SELECT count() FROM ${TABLE}`)).toBe("100\n");
  });
});
