import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { type Contract, describeContract, type Subject } from "../contract/contract.ts";
import { KILLS, killWriters } from "../contract/kills.ts";
import { BATCH_ROWS, batchInsert, createTable as createTableSql, TABLE } from "./contract-table.ts";
import { inColumns } from "./in-columns.ts";
import { type Warehouse, WarehouseError } from "./warehouse.ts";

const CHILD = fileURLToPath(new URL("./contract-child.ts", import.meta.url));

export const warehouseContract: Contract<Warehouse> = {
  async "answers queries, with parameters bound"({ store }) {
    const hostile = "it's \\ a\ttab, {x:String} and 'quotes'; DROP TABLE x";
    const sql = "SELECT {text:String} AS text, {number:UInt32} + 1 AS next, {list:Array(String)} AS list";
    const parameters = { text: hostile, number: 41, list: ["a", hostile] };
    expect(await store.query(sql, parameters)).toEqual([{ text: hostile, next: 42, list: ["a", hostile] }]);
    expect(await store.query("SELECT number AS n FROM numbers(3)")).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
    expect(await store.query("SELECT 1 WHERE 0")).toEqual([]);
  },

  async "inserts rows as they are"({ store }) {
    await createTable(store);
    const insert = batchInsert("a");
    await store.insert(insert);
    await store.insert({ ...insert, rows: [], deduplicationToken: "empty" });
    const { columns, rows } = insert;
    expect(inColumns(await store.query<object>(`SELECT * FROM ${TABLE} ORDER BY number`))).toEqual({
      columns,
      rows,
    });
  },

  async "inserts columns in the order of the insert, and what a column has by default for null"({ store }) {
    await createTable(store);
    const rows = [
      [7, "a"],
      [null, "b"],
    ];
    await store.insert({ table: TABLE, columns: ["number", "batch"], rows, deduplicationToken: "a" });
    expect(await store.query(`SELECT * FROM ${TABLE} ORDER BY batch`)).toEqual([
      { batch: "a", number: 7, text: "" },
      { batch: "b", number: 0, text: "" },
    ]);
  },

  async "inserts every row of many"({ store }) {
    await createTable(store);
    const rows = Array.from({ length: 1_001 }, (_, number) => ["many", number, `[${number}],`]);
    await store.insert({
      table: TABLE,
      columns: ["batch", "number", "text"],
      rows,
      deduplicationToken: "many",
    });
    const sql = `SELECT count() AS rows, sum(number) AS sum, countIf(text = concat('[', toString(number), '],')) AS right FROM ${TABLE}`;
    expect(await store.query(sql, {}, { upToDate: [TABLE] })).toEqual([
      { rows: 1_001, sum: 500_500, right: 1_001 },
    ]);
  },

  async "skips a batch whose token it has seen, also after it was opened again"(subject) {
    await createTable(subject.store);
    await subject.store.insert(batchInsert("a"));
    await subject.store.insert(batchInsert("a"));
    expect(await counts(subject.store)).toEqual({ a: BATCH_ROWS });
    const reopened = await subject.reopen();
    await reopened.insert(batchInsert("a"));
    expect(await counts(reopened)).toEqual({ a: BATCH_ROWS });
  },

  async "takes equal rows under another token: the token decides, not the rows"({ store }) {
    await createTable(store);
    await store.insert(batchInsert("a"));
    await store.insert({ ...batchInsert("a"), deduplicationToken: "another" });
    expect(await counts(store)).toEqual({ a: 2 * BATCH_ROWS });
  },

  async "gives each of many inserts at once its own token"({ store }) {
    await createTable(store);
    const batches = Array.from({ length: 30 }, (_, index) => `batch-${index % 20}`);
    await Promise.all(batches.map((batch) => store.insert(batchInsert(batch))));
    const expected = Object.fromEntries(batches.map((batch) => [batch, BATCH_ROWS]));
    expect(await counts(store)).toEqual(expected);
  },

  async "keeps a token to its insert"({ store }) {
    await createTable(store);
    for (const text of ["x", "y"]) {
      await store.insert(batchInsert("a"));
      await store.command(`INSERT INTO ${TABLE} SELECT 'plain', 1, {text:String}`, { text });
      await store.command(`INSERT INTO ${TABLE} SELECT 'plain', 1, '${text}'`);
    }
    expect(await counts(store)).toMatchObject({ a: BATCH_ROWS });
    expect((await counts(store)).plain).toBeGreaterThan(1);
  },

  async "inserts all of a batch or nothing, and says what was wrong without saying what was in it"({
    store,
  }) {
    await createTable(store);
    const secret = "canary-3f9c";
    const batch = batchInsert("a");
    const failing = store.insert({
      ...batch,
      rows: [...batch.rows, ["a", secret, secret]],
    });
    await expect(failing).rejects.toThrow(WarehouseError);
    await expect(failing).rejects.toThrow(new RegExp(`warehouse.*insert into ${TABLE}.*CANNOT_PARSE`));
    await expect(failing).rejects.not.toThrow(secret);
    expect(await counts(store)).toEqual({});
    const asked = store.query("SELECT toUInt64({text:String}) AS n", { text: secret });
    await expect(asked).rejects.toMatchObject({ engineType: "CANNOT_PARSE_TEXT" });
    await expect(asked).rejects.not.toThrow(secret);
  },

  async "names what a statement got wrong"({ store }) {
    await expect(store.query("SELECT * FROM contract_nothing")).rejects.toMatchObject({
      engineCode: 60,
      engineType: "UNKNOWN_TABLE",
    });
    await expect(store.command("CREATE TABLE (")).rejects.toThrow(/command failed.*SYNTAX_ERROR/s);
  },

  async "remembers everything when opened again, and refuses once closed"(subject) {
    const { store } = subject;
    await store.check();
    await createTable(store);
    await store.insert(batchInsert("a"));
    const reopened = await subject.reopen();
    await expect(store.query("SELECT 1")).rejects.toThrow(/warehouse.*closed/);
    await expect(store.insert(batchInsert("b"))).rejects.toThrow(/closed/);
    await expect(store.check()).rejects.toThrow(/closed/);
    expect(await counts(reopened)).toEqual({ a: BATCH_ROWS });
  },

  async [`has every batch exactly once after ${KILLS} kills, when what was not acknowledged is sent again`](
    subject,
  ) {
    await createTable(subject.store);
    await subject.store.close();
    const lines = (await killWriters(CHILD, subject.opener)).flat().map((line) => line.split(" "));
    const store = await subject.reopen();
    const begun = lines.filter(([what]) => what === "begin").map(([, batch = ""]) => batch);
    const acknowledged = lines.filter(([what]) => what === "done").map(([, batch = ""]) => batch);
    expect(acknowledged.length).toBeGreaterThan(KILLS);
    const kept = await counts(store);
    for (const batch of acknowledged) expect(kept[batch]).toBe(BATCH_ROWS);
    for (const batch of begun) await store.insert(batchInsert(batch));
    expect(await counts(store)).toEqual(Object.fromEntries(begun.map((batch) => [batch, BATCH_ROWS])));
  },
};

/** Runs the contract on what `open` opens; each check gets a store of its own, empty. */
export function describeWarehouseContract(name: string, open: () => Promise<Subject<Warehouse>>): void {
  describeContract(`${name} keeps the promises of Warehouse`, warehouseContract, open);
}

async function createTable(store: Warehouse): Promise<void> {
  for (const sql of createTableSql(store.tables)) await store.command(sql);
}

/** Rows of each batch. */
async function counts(store: Warehouse): Promise<Record<string, number>> {
  const sql = `SELECT batch, toUInt32(count()) AS rows FROM ${TABLE} GROUP BY batch`;
  const rows = await store.query<{ batch: string; rows: number }>(sql, {}, { upToDate: [TABLE] });
  return Object.fromEntries(rows.map(({ batch, rows: count }) => [batch, count]));
}
