import { expect, test } from "vitest";
import { openSubject, type Subject } from "../contract/contract.ts";
import { makeTemporaryDirectory } from "../contract/temporary-directory.ts";
import { describeDocumentsContract, documentsContract } from "./contract.ts";
import type { Documents } from "./documents.ts";

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

test("refuses a collection or key that its keys cannot hold", async () => {
  const subject = await openLmdbSubject();
  await expect(subject.store.get("a\0b", "c")).rejects.toThrow(RangeError);
  await expect(subject.store.get("a", "c".repeat(2_000))).rejects.toThrow(RangeError);
  await subject.destroy();
});
