import { copyFile, readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { optionsOf, type RunningPostgres, runPostgres } from "../../test/running-postgres.ts";
import type { Documents, Json } from "./documents.ts";
import { migratePostgresDocuments, openPostgresDocuments } from "./postgres.ts";

const MANY = 300;
/** Some seconds on a machine that does nothing else. */
const DONE_WITHIN_MS = 90_000;

let running: RunningPostgres;

beforeAll(async () => {
  running = await runPostgres();
});
afterAll(() => running.stop());

describe("what is destroyed", () => {
  it("is in the server's files until it is forgotten, and in none of them afterwards", async () => {
    const { options, keyOf } = await createMany();
    const [deleted, alsoDeleted, replaced, kept] = ["100", "200", "201", "202"].map(keyOf);
    await running.sql`ANALYZE`;
    await running.sql`CHECKPOINT`;
    expect(await filesWith(deleted)).toContainEqual(expect.stringMatching(/^data\/base\//));

    // As by a process that ends right after it.
    const change = { position: 0, collection: "salts", key: "100", expected: 1 };
    await running.sql`
      SELECT ${running.sql(options.schema)}.commit_documents(${JSON.stringify([change])}::text::json, '[]')`;
    await running.sql`VACUUM ${running.sql(options.schema)}.document_keys`;
    await running.sql`CHECKPOINT`;
    expect(await filesWith(deleted)).toContainEqual(expect.stringMatching(/^data\/pg_wal\//));

    const store = await openPostgresDocuments(options);
    await put(store, "200", 1, undefined);
    await put(store, "201", 1, "new");
    await until(options.schema, (state) => state.forgotten === 3, DONE_WITHIN_MS);
    for (const gone of [deleted, alsoDeleted, replaced, Buffer.from("canary")]) {
      expect(await filesWith(gone)).toEqual([]);
    }
    expect(await filesWith(kept)).not.toEqual([]);
    const values = new Map((await store.list<string>("salts")).map(({ key, value }) => [key, value]));
    expect(values.size).toBe(MANY - 2);
    expect([values.get("201"), values.get("202")]).toEqual(["new", "canary 202"]);
    await store.close();
  });

  it("is forgotten when the store is closed, if it was not before", async () => {
    const { options, keyOf } = await createMany();
    const key = keyOf("7");
    const store = await openPostgresDocuments(options);
    await put(store, "7", 1, undefined);
    await store.close();
    expect(await stateOf(options.schema)).toMatchObject({ destroying: 1, forgotten: 1, hinderedBy: null });
    expect(await filesWith(key)).toEqual([]);
  });

  it("is forgotten while others read and write", async () => {
    const { options } = await createMany();
    const store = await openPostgresDocuments(options);
    let isOver = false;
    const writers = ["0", "1", "2"].map(async (key) => {
      let version = 1;
      for (; !isOver; version += 1) {
        await put(store, key, version, "again");
        expect(await store.list("salts")).toHaveLength(MANY);
      }
      return version;
    });
    const { forgotten } = await until(options.schema, (state) => state.forgotten > 0, DONE_WITHIN_MS);
    await until(options.schema, (state) => state.forgotten > forgotten, DONE_WITHIN_MS);
    isOver = true;
    const versions = await Promise.all(writers);
    const documents = await Promise.all(["0", "1", "2"].map((key) => store.get("salts", key)));
    expect(documents.map((document) => document?.version)).toEqual(versions);
    await store.close();
  });

  it("waits for who still sees it, says so, and is not called forgotten until then", async () => {
    const { options, keyOf } = await createMany();
    const key = keyOf("9");
    const reader = await running.sql.reserve();
    await reader`BEGIN ISOLATION LEVEL REPEATABLE READ`;
    await reader`SELECT FROM ${running.sql(options.schema)}.audit`;
    const store = await openPostgresDocuments(options);
    await put(store, "9", 1, undefined);
    const state = await until(options.schema, ({ hinderedBy }) => hinderedBy !== null, DONE_WITHIN_MS);
    expect(state).toMatchObject({ forgotten: 0, hinderedBy: expect.stringMatching(/an open transaction/) });
    expect(await filesWith(key)).not.toEqual([]);
    await reader`COMMIT`;
    reader.release();
    // Or half a minute later.
    const another = await openPostgresDocuments(options);
    const done = await until(options.schema, ({ forgotten }) => forgotten === 1, DONE_WITHIN_MS);
    expect(done.hinderedBy).toBeNull();
    expect(await filesWith(key)).toEqual([]);
    await Promise.all([store.close(), another.close()]);
  });
});

describe("who holds the table of keys", () => {
  it("keeps the server from rewriting it, and others from reading it no longer than half a second", async () => {
    const { options, keyOf } = await createMany();
    const schema = running.sql(options.schema);
    const holder = await running.sql.reserve();
    await holder`BEGIN`;
    await holder`LOCK TABLE ${schema}.document_keys IN ACCESS SHARE MODE`;
    const store = await openPostgresDocuments(options);
    await put(store, "9", 1, undefined);
    let longestMs = 0;
    let state = await stateOf(options.schema);
    while (state?.hinderedBy === null) {
      const startedMs = performance.now();
      await store.get("salts", "10");
      longestMs = Math.max(longestMs, performance.now() - startedMs);
      state = await stateOf(options.schema);
    }
    expect(state).toMatchObject({
      forgotten: 0,
      hinderedBy: expect.stringMatching(/waited too long for a lock/),
    });
    expect(longestMs).toBeLessThan(5_000);
    await holder`COMMIT`;
    holder.release();
    await store.close();
    // It knows that the server has cleaned up: there is nothing to seal anew.
    const another = await openPostgresDocuments(options);
    await until(options.schema, ({ forgotten }) => forgotten === 1, DONE_WITHIN_MS);
    expect(await filesWith(keyOf("10"))).not.toEqual([]);
    await another.close();
  });
});

describe("a server that crashes while it forgets", () => {
  it("may leave keys in a file that is no table's: they open nothing any more", async () => {
    const { options, keyOf } = await createMany();
    const key = keyOf("100");
    const schema = running.sql(options.schema);
    const [found] = await running.sql<{ sealed: Buffer; path: string }[]>`
      SELECT sealed, pg_relation_filepath(${`${options.schema}.document_keys`}) AS path
      FROM ${schema}.documents WHERE key = '100'`;
    const table = join(running.engine.dataDirectory, found?.path ?? "");
    const left = join(dirname(table), "999999");
    await running.sql`CHECKPOINT`;
    await copyFile(table, left);
    await running.sql`UPDATE ${schema}.documents_state SET is_rewriting = true`;
    expect(await filesWith(found?.sealed)).toContainEqual(expect.stringMatching(/^data\/base\//));

    const store = await openPostgresDocuments(options);
    await until(options.schema, (state) => state.forgotten === 1, DONE_WITHIN_MS);
    expect(await filesWith(key)).toEqual([relative(dirname(running.engine.dataDirectory), left)]);
    expect(await filesWith(found?.sealed)).toEqual([]);
    const documents = await store.list("salts");
    expect(documents).toHaveLength(MANY);
    expect(documents).toContainEqual({ key: "100", version: 1, value: "canary 100" });
    await put(store, "100", 1, "goes on");
    await store.close();
  });

  it("is known to have crashed then, and goes on with all that was there", async () => {
    const { options, keyOf } = await createMany();
    const schema = running.sql(options.schema);
    const holder = postgres(running.engine.url, { max: 1 });
    await holder`BEGIN`;
    await holder`LOCK TABLE ${schema}.document_keys IN ACCESS SHARE MODE`;
    const store = await openPostgresDocuments(options);
    await put(store, "100", 1, undefined);
    await until(options.schema, ({ isRewriting }) => isRewriting, DONE_WITHIN_MS);
    await running.engine.kill();
    await holder.end({ timeout: 0 });
    await running.engine.start();
    await until(options.schema, ({ destroying, forgotten }) => destroying === 2 && forgotten === 2, 90_000);
    expect((await store.list("salts")).length).toBe(MANY - 1);
    // Nothing says which keys were left.
    for (const key of ["10", "100"]) expect(await filesWith(keyOf(key))).toEqual([]);
    await store.close();
  });
});

describe("a server that keeps its write-ahead log", () => {
  it("is refused if it recycles it, or does not let the services end it, unless they leave it alone", async () => {
    const recycling = await runPostgres({ wal_recycle: "on" });
    const options = optionsOf(recycling.engine, "dit");
    await recycling.engine.stop();
    await recycling.engine.administer([
      "REVOKE pg_checkpoint, pg_monitor FROM dit",
      "REVOKE EXECUTE ON FUNCTION pg_switch_wal() FROM dit",
    ]);
    await recycling.engine.start();
    const refusal = new RegExp(
      "it needs: wal_recycle = off .*; GRANT EXECUTE ON FUNCTION pg_switch_wal\\(\\) TO dit; " +
        "GRANT pg_checkpoint TO dit .*; GRANT pg_monitor TO dit$",
    );
    await expect(migratePostgresDocuments(options)).rejects.toThrow(refusal);
    await migratePostgresDocuments({ ...options, purgeWal: false });
    await expect(openPostgresDocuments(options)).rejects.toThrow(refusal);
    const store = await openPostgresDocuments({ ...options, purgeWal: false });
    await put(store, "k", 0, "canary");
    await put(store, "k", 1, undefined);
    await store.close();
    expect(await stateOf("dit", recycling)).toMatchObject({ destroying: 1, forgotten: 1, hinderedBy: null });
    await recycling.stop();
  });

  it("is not believed to have forgotten", async () => {
    const keeping = await runPostgres({ wal_keep_size: "64MB" });
    const options = await keeping.newSchema();
    const store = await openPostgresDocuments(options);
    await put(store, "k", 0, "canary");
    await put(store, "k", 1, undefined);
    await store.close();
    expect(await stateOf(options.schema, keeping)).toMatchObject({
      destroying: 1,
      forgotten: 0,
      hinderedBy: expect.stringMatching(/wal_keep_size keeps older write-ahead log$/),
    });
    await keeping.stop();
  });
});

/** Documents in a new schema, and what seals each. */
async function createMany() {
  const options = await running.newSchema();
  const store = await openPostgresDocuments(options);
  const keys = Array.from({ length: MANY }, (_, index) => String(index));
  const changes = keys.map((key) => {
    return { collection: "salts", key, expectedVersion: 0, value: `canary ${key}` };
  });
  await store.commit({ changes });
  await store.close();
  const schema = running.sql(options.schema);
  const rows = await running.sql<{ key: string; sealing_key: Buffer }[]>`
    SELECT d.key, k.key AS sealing_key FROM ${schema}.documents d JOIN ${schema}.document_keys k ON k.id = d.key_id`;
  const sealing = new Map(rows.map((row) => [row.key, row.sealing_key]));
  return { options, keyOf: (key: string) => sealing.get(key) ?? Buffer.from("no such key") };
}

function put(store: Documents, key: string, expectedVersion: number, value: Json | undefined): Promise<void> {
  return store.commit({ changes: [{ collection: "salts", key, expectedVersion, value }] });
}

interface State {
  readonly destroying: number;
  readonly forgotten: number;
  readonly hinderedBy: string | null;
  readonly isRewriting: boolean;
}

async function stateOf(schema: string, { sql } = running): Promise<State | undefined> {
  const [state] = await sql<State[]>`
    SELECT destroying_commits::integer AS destroying, forgotten_commits::integer AS forgotten,
      hindered_by AS "hinderedBy", is_rewriting AS "isRewriting"
    FROM ${sql(schema)}.documents_state`;
  return state && { ...state };
}

async function until(schema: string, holds: (state: State) => boolean, withinMs: number): Promise<State> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const state = await stateOf(schema);
    if (state && holds(state)) return state;
    if (performance.now() > deadlineMs) throw new Error(`still ${JSON.stringify(state)}`);
    await sleep(20);
  }
}

/** Of all that the server writes, its log included. */
async function filesWith(needle: Buffer | undefined): Promise<string[]> {
  if (needle === undefined) throw new Error("nothing to look for");
  const root = dirname(running.engine.dataDirectory);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const found = await Promise.all(
    // Some go while they are looked for.
    paths.map(async (path) => (await readFile(path).catch(() => Buffer.of())).includes(needle)),
  );
  return paths.filter((_, index) => found[index]).map((path) => relative(root, path));
}
