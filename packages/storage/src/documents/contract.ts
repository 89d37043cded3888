import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect } from "vitest";
import { startChild } from "../contract/child.ts";
import { type Contract, describeContract, type Subject } from "../contract/contract.ts";
import { KILLS, killWriters } from "../contract/kills.ts";
import { addToPair, INCREMENTS, increment, PAIR } from "./contract-changes.ts";
import type { AuditEntry, Documents, Json } from "./documents.ts";
import { VersionConflictError } from "./documents.ts";

const CHILD = fileURLToPath(new URL("./contract-child.ts", import.meta.url));

export const documentsContract: Contract<Documents> = {
  async "gives back what was put, one version more with each change"({ store }) {
    expect(await store.get("salts", "a")).toBeUndefined();
    await put(store, "salts", "a", 0, { sealed: "x" });
    await put(store, "salts", "a", 1, { sealed: "y" });
    expect(await store.get("salts", "a")).toEqual({ key: "a", version: 2, value: { sealed: "y" } });
    expect(await store.get("other", "a")).toBeUndefined();
  },

  async "gives back any JSON as it was"({ store }) {
    const json = fc
      .jsonValue()
      .filter((value) => !Object.is(value, -0) && !JSON.stringify(value).includes("-0"));
    let version = 0;
    await fc.assert(
      fc.asyncProperty(json, async (value) => {
        await put(store, "any", "json", version, value as Json);
        version += 1;
        expect(await store.get("any", "json")).toEqual({ key: "json", version, value });
      }),
      { numRuns: 40 },
    );
  },

  async "refuses a change of another version, and changes nothing"({ store }) {
    await put(store, "salts", "a", 0, 1);
    for (const expectedVersion of [0, 2]) {
      const refused = put(store, "salts", "a", expectedVersion, 2);
      await expect(refused).rejects.toThrow(VersionConflictError);
      await expect(refused).rejects.toMatchObject({ collection: "salts", key: "a" });
    }
    await expect(put(store, "salts", "b", 1, 2)).rejects.toThrow(VersionConflictError);
    expect(await store.list("salts")).toEqual([{ key: "a", version: 1, value: 1 }]);
  },

  async "makes all changes of a commit, with their audit entries, or none"({ store }) {
    await put(store, "keys", "b", 0, "kept");
    const changes = [
      { collection: "keys", key: "a", expectedVersion: 0, value: "new" },
      { collection: "keys", key: "b", expectedVersion: 7, value: "never" },
      { collection: "keys", key: "c", expectedVersion: 0, value: "new" },
    ];
    await expect(store.commit({ changes, audit: [entry("refused")] })).rejects.toThrow(VersionConflictError);
    expect(await store.list("keys")).toEqual([{ key: "b", version: 1, value: "kept" }]);
    expect(await store.readAudit(0, 10)).toEqual([]);
    const sound = changes.filter(({ key }) => key !== "b");
    await store.commit({ changes: sound, audit: [entry("one"), entry("two")] });
    expect((await store.list("keys")).map(({ key }) => key)).toEqual(["a", "b", "c"]);
    expect(await store.readAudit(0, 10)).toEqual([
      { sequence: 1, ...entry("one") },
      { sequence: 2, ...entry("two") },
    ]);
  },

  async "refuses two changes of one document in a commit"({ store }) {
    const change = { collection: "salts", key: "a", expectedVersion: 0, value: 1 };
    await expect(store.commit({ changes: [change, { ...change, value: 2 }] })).rejects.toThrow(
      VersionConflictError,
    );
    expect(await store.get("salts", "a")).toBeUndefined();
  },

  async "deletes, and lets the key be created again from version 1"({ store }) {
    await put(store, "salts", "a", 0, "first");
    await expect(put(store, "salts", "a", 2, undefined)).rejects.toThrow(VersionConflictError);
    await put(store, "salts", "a", 1, undefined);
    expect(await store.get("salts", "a")).toBeUndefined();
    expect(await store.list("salts")).toEqual([]);
    await expect(put(store, "salts", "a", 1, "second")).rejects.toThrow(VersionConflictError);
    await put(store, "salts", "a", 0, "second");
    expect(await store.get("salts", "a")).toEqual({ key: "a", version: 1, value: "second" });
  },

  async "lists one collection, ordered by key"({ store }) {
    for (const key of ["b", "a10", "a", "a2"]) await put(store, "use-cases", key, 0, key);
    await put(store, "use-cases-", "z", 0, "another");
    await put(store, "use-case", "z", 0, "another");
    expect((await store.list("use-cases")).map(({ key }) => key)).toEqual(["a", "a10", "a2", "b"]);
    expect(await store.list("nothing")).toEqual([]);
  },

  async "has what was put last, after any changes through any handle"(subject) {
    const handles = [subject.store, (await subject.openAnother?.()) ?? subject.store];
    const model = new Map<string, { key: string; version: number; value: Json }>();
    const change = fc.record({
      handle: fc.nat(1),
      key: fc.constantFrom("a", "b", "c"),
      value: fc.option(fc.string(), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
        for (const { handle, key, value } of changes) {
          const version = model.get(key)?.version ?? 0;
          if (value === undefined && version === 0) continue;
          await put(handles[handle] ?? subject.store, "model", key, version, value);
          if (value === undefined) model.delete(key);
          else model.set(key, { key, version: version + 1, value });
        }
        const expected = [...model.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
        for (const store of handles) expect(await store.list("model")).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  },

  async "numbers audit entries 1, 2, 3, ... also when commits are refused in between"({ store }) {
    const commits = Array.from({ length: 30 }, (_, index) =>
      store.commit({
        changes: [{ collection: "c", key: "k", expectedVersion: index % 3 === 0 ? 9 : 0, value: index }],
        audit: [entry(String(index))],
      }),
    );
    const made = (await Promise.allSettled(commits)).filter(({ status }) => status === "fulfilled");
    expect(made).toHaveLength(1);
    for (let more = 0; more < 4; more += 1)
      await store.commit({ changes: [], audit: [entry("a"), entry("b")] });
    const all = await store.readAudit(0, 100);
    expect(all.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect((await store.readAudit(3, 2)).map(({ sequence }) => sequence)).toEqual([4, 5]);
    expect(await store.readAudit(9, 10)).toEqual([]);
  },

  async "loses no change when several processes and handles change one document"(subject) {
    const handles = [subject.store, (await subject.openAnother?.()) ?? subject.store];
    const child = startChild(CHILD, subject.opener, "increment");
    await child.said(1);
    await Promise.all([...handles, ...handles].map((store) => increment(store)));
    await child.exited();
    const document = await subject.store.get("shared", "counter");
    expect(document).toMatchObject({ version: 5 * INCREMENTS, value: 5 * INCREMENTS });
  },

  async "remembers everything when opened again, and refuses once closed"(subject) {
    const { store } = subject;
    await store.check();
    await store.commit({
      changes: [{ collection: "c", key: "k", expectedVersion: 0, value: ["v"] }],
      audit: [entry("made")],
    });
    const reopened = await subject.reopen();
    await expect(store.get("c", "k")).rejects.toThrow(/documents.*closed/);
    await expect(put(store, "c", "k", 1, 1)).rejects.toThrow(/closed/);
    expect(await reopened.get("c", "k")).toEqual({ key: "k", version: 1, value: ["v"] });
    expect(await reopened.readAudit(0, 10)).toEqual([{ sequence: 1, ...entry("made") }]);
  },

  async [`has every commit it acknowledged, and none by half, after ${KILLS} kills`](subject) {
    await subject.store.close();
    const acknowledged = (await killWriters(CHILD, subject.opener)).map((lines) =>
      Math.max(...lines.map(Number)),
    );
    const store = await subject.reopen();
    // A server may still make what the last writer had sent before it was killed; not after this, which that did not expect.
    while (!(await succeeds(addToPair(store))));
    const [left, right] = await Promise.all(PAIR.map((key) => store.get<number>("pair", key)));
    expect(left?.value).toBeGreaterThan(Math.max(...acknowledged));
    expect(right).toEqual({ ...left, key: PAIR[1] });
    const audit = await store.readAudit(0, 1_000_000);
    expect(audit.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: left?.version ?? 0 }, (_, i) => i + 1),
    );
  },
};

/** Runs the contract on what `open` opens; each check gets a store of its own, empty. */
export function describeDocumentsContract(name: string, open: () => Promise<Subject<Documents>>): void {
  describeContract(`${name} keeps the promises of Documents`, documentsContract, open);
}

/** False if somebody else was first. */
async function succeeds(change: Promise<unknown>): Promise<boolean> {
  try {
    await change;
    return true;
  } catch (error) {
    if (!(error instanceof VersionConflictError)) throw error;
    return false;
  }
}

function put(
  store: Documents,
  collection: string,
  key: string,
  expectedVersion: number,
  value: Json | undefined,
) {
  return store.commit({ changes: [{ collection, key, expectedVersion, value }] });
}

function entry(subject: string): AuditEntry {
  return {
    atSeconds: 1_700_000_000,
    actor: "test",
    action: "document.change",
    subject,
    detail: { reason: null },
  };
}
