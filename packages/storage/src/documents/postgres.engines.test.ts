import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { optionsOf, type RunningPostgres, runPostgres } from "../../test/running-postgres.ts";
import { openSubject, type Subject } from "../contract/contract.ts";
import { makeTemporaryDirectory } from "../contract/temporary-directory.ts";
import { describeDocumentsContract } from "./contract.ts";
import type { Documents, Json } from "./documents.ts";
import { openLmdbDocuments } from "./lmdb.ts";
import { migratePostgresDocuments, openPostgresDocuments } from "./postgres.ts";

let running: RunningPostgres;

beforeAll(async () => {
  running = await runPostgres();
});
afterAll(() => running.stop());

async function openPostgresSubject(): Promise<Subject<Documents>> {
  const options = await running.newSchema();
  const module = new URL("./postgres.ts", import.meta.url).href;
  return openSubject({ module, name: "openPostgresDocuments", options }, async () => {
    await running.sql`DROP SCHEMA ${running.sql(options.schema)} CASCADE`;
  });
}

describeDocumentsContract("postgres", openPostgresSubject);

describe("documents in postgres", () => {
  it("are, to the letter, what they are in lmdb", async () => {
    const directory = await makeTemporaryDirectory();
    const stores = [
      await openLmdbDocuments({ path: directory.path }),
      await openPostgresDocuments(await running.newSchema()),
    ];
    const detail: Json = JSON.parse(
      '{"b":1,"a":[0,-0,1e400,5e-324,1.7976931348623157e308,0.1,9007199254740993],"__proto__":{"x":"\\u0000"},"10":"\\ud800","2":"\\\\u0000 \\u2028 é 😀","":null}',
    ) as Json;
    const keys = ["😀", "\uffff", "é", "z", "Z", "a/b", "a", "", "\ud800", "%", "'", '"', "\\"];
    const entry = { atSeconds: 1.5, actor: "\u0000", action: "a.b", subject: "😀", detail };
    const read = await Promise.all(
      stores.map(async (store) => {
        const changes = keys.map((key) => ({ collection: "ß", key, expectedVersion: 0, value: detail }));
        await store.commit({ changes, audit: [entry] });
        const listed = await store.list("ß");
        const got = await Promise.all(keys.map((key) => store.get("ß", key)));
        return JSON.stringify({ listed, got, audit: await store.readAudit(0, 10) });
      }),
    );
    expect(read[1]).toBe(read[0]);
    expect(read[1]).toContain("__proto__");
    await Promise.all(stores.map((store) => store.close()));
    await directory.remove();
  });

  it("refuse a collection or key that cannot be stored", async () => {
    const store = await openPostgresDocuments(await running.newSchema());
    for (const [collection, key] of [
      ["a\0b", "c"],
      ["a", "b\0c"],
      ["a", "c".repeat(2_000)],
    ] as const) {
      await expect(store.get(collection, key)).rejects.toThrow(RangeError);
      const changes = [{ collection, key, expectedVersion: 0, value: 1 }];
      await expect(store.commit({ changes })).rejects.toThrow(RangeError);
    }
    await store.close();
  });
});

describe("the schema", () => {
  it("is made once, whoever else makes it at the same time, and keeps what is in it", async () => {
    const options = optionsOf(running.engine, "made_at_once");
    await Promise.all(Array.from({ length: 5 }, () => migratePostgresDocuments(options)));
    const store = await openPostgresDocuments(options);
    await store.commit({ changes: [{ collection: "c", key: "k", expectedVersion: 0, value: 1 }] });
    await Promise.all([migratePostgresDocuments(options), migratePostgresDocuments(options)]);
    expect(await store.list("c")).toEqual([{ key: "k", version: 1, value: 1 }]);
    await store.close();
  });

  it("is asked for where it is missing", async () => {
    const refused = openPostgresDocuments(optionsOf(running.engine, "missing"));
    await expect(refused).rejects.toMatchObject({ code: "run_dit_migrate" });
    await expect(refused).rejects.toThrow(
      "documents (postgres): its schema is missing, or of an earlier release: run dit migrate",
    );
  });

  it("is asked for where it goes missing, and is found when it comes", async () => {
    const options = await running.newSchema();
    const store = await openPostgresDocuments(options);
    await running.sql`DROP SCHEMA ${running.sql(options.schema)} CASCADE`;
    const asked = [store.check(), store.get("c", "k"), store.list("c"), store.commit({ changes: [] })];
    const answers = await Promise.all(asked.map((answer) => answer.then(String, String)));
    for (const answer of answers) expect(answer).toMatch(/run dit migrate$/);
    await migratePostgresDocuments(options);
    await store.check();
    await store.commit({ changes: [{ collection: "c", key: "k", expectedVersion: 0, value: 1 }] });
    await store.close();
  });

  it("of an earlier release is refused, and one of a later release taken", async () => {
    const options = await running.newSchema();
    const store = await openPostgresDocuments(options);
    const setVersion = (version: number) =>
      running.sql`UPDATE ${running.sql(options.schema)}.schema_version SET version = ${version}`;
    await setVersion(0);
    for (const ask of [() => store.check(), () => openPostgresDocuments(options)]) {
      await expect(ask()).rejects.toThrow("of version 0, this release needs 1: run dit migrate");
    }
    await setVersion(2);
    await migratePostgresDocuments(options);
    await store.check();
    await (await openPostgresDocuments(options)).close();
    await store.close();
  });

  it("has a name that needs no quotes", async () => {
    const options = optionsOf(running.engine, "a; DROP");
    await expect(openPostgresDocuments(options)).rejects.toThrow(RangeError);
    await expect(migratePostgresDocuments(options)).rejects.toThrow(RangeError);
  });
});

describe("who may not do what is needed", () => {
  it("is told, and nothing of what was asked or of the password", async () => {
    const options = await running.newSchema();
    const messages = await Promise.all(
      [
        { ...options, password: "wrong-hunter2" },
        { ...options, user: "stranger" },
        { ...options, database: "nowhere" },
      ].map((wrong) => openPostgresDocuments(wrong).then(String, String)),
    );
    expect(messages).toEqual([
      "PostgresStoreError: documents (postgres): the server does not let this user in: the password is wrong",
      "PostgresStoreError: documents (postgres): the server does not let this user in: the password is wrong",
      "PostgresStoreError: documents (postgres): there is no such database",
    ]);
  });
});
