import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openSubject, type Subject } from "../contract/contract.ts";
import { makeTemporaryDirectory } from "../contract/temporary-directory.ts";
import { describeDocumentsContract, documentsContract } from "./contract.ts";
import type { Documents, Json } from "./documents.ts";

const KEY_BYTES = 32;

async function openLmdbSubject(): Promise<Subject<Documents>> {
  const { path, remove } = await makeTemporaryDirectory();
  const module = new URL("./lmdb.ts", import.meta.url).href;
  return openSubject({ module, name: "openLmdbDocuments", options: { path } }, remove);
}

describeDocumentsContract("lmdb", openLmdbSubject);

test("the contract catches a driver that commits change by change", async () => {
  const subject = await openLmdbSubject();
  const { store } = subject;
  const piecemeal: Documents = {
    ...store,
    async commit({ changes, audit = [] }) {
      for (const change of changes) await store.commit({ changes: [change] });
      await store.commit({ changes: [], audit });
    },
  };
  const check = documentsContract["makes all changes of a commit, with their audit entries, or none"];
  await expect(check?.({ ...subject, store: piecemeal })).rejects.toThrow(/to deeply equal/);
  await subject.destroy();
});

test("leaves nothing in its files with which to read what was deleted or replaced", async () => {
  const subject = await openLmdbSubject();
  const { store } = subject;
  const directory = String(subject.opener.options.path);
  const keysNow = () => readFile(join(directory, "keys"));
  const change = (key: string, expectedVersion: number, value: Json | undefined) =>
    store.commit({ changes: [{ collection: "salts", key, expectedVersion, value }] });
  await change("deleted", 0, "canary-deleted");
  await change("replaced", 0, "canary-replaced");
  const oldKeys = await keysNow();
  await change("kept", 0, "canary-kept");
  await change("deleted", 1, undefined);
  await change("replaced", 1, "new");

  expect(oldKeys).toHaveLength(2 * KEY_BYTES);
  for (const needle of [oldKeys.subarray(0, KEY_BYTES), oldKeys.subarray(KEY_BYTES), Buffer.from("canary")]) {
    expect(await filesWith(directory, needle)).toEqual([]);
  }
  const kept = (await keysNow()).subarray(2 * KEY_BYTES, 3 * KEY_BYTES);
  expect(await filesWith(directory, kept)).toEqual(["keys"]);
  expect((await store.list("salts")).map(({ value }) => value)).toEqual(["canary-kept", "new"]);
  await subject.destroy();
});

test("shreds, when opened, what a kill kept a commit from shredding", async () => {
  const subject = await openLmdbSubject();
  const keys = join(String(subject.opener.options.path), "keys");
  await subject.store.commit({ changes: [{ collection: "c", key: "k", expectedVersion: 0, value: "kept" }] });
  await appendFile(keys, Buffer.alloc(KEY_BYTES, 7));
  const store = await subject.reopen();
  expect((await readFile(keys)).subarray(KEY_BYTES)).toEqual(Buffer.alloc(KEY_BYTES));
  expect((await store.get("c", "k"))?.value).toBe("kept");
  await subject.destroy();
});

test("says so when the file of keys is not its own", async () => {
  const subject = await openLmdbSubject();
  await subject.store.commit({
    changes: [{ collection: "c", key: "k", expectedVersion: 0, value: "canary" }],
  });
  await writeFile(join(String(subject.opener.options.path), "keys"), Buffer.alloc(KEY_BYTES, 7));
  await expect(subject.store.get("c", "k")).rejects.toThrow("documents (lmdb): read failed: the key is gone");
  await subject.destroy();
});

test("refuses a collection or key that its keys cannot hold", async () => {
  const subject = await openLmdbSubject();
  await expect(subject.store.get("a\0b", "c")).rejects.toThrow(RangeError);
  await expect(subject.store.get("a", "c".repeat(2_000))).rejects.toThrow(RangeError);
  await subject.destroy();
});

async function filesWith(directory: string, needle: Buffer): Promise<string[]> {
  const names = await readdir(directory);
  const contents = await Promise.all(names.map((name) => readFile(join(directory, name))));
  return names.filter((_, index) => contents[index]?.includes(needle));
}
