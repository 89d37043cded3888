import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, nowSeconds } from "@dit/service-kit";
import type { Counters, Documents } from "@dit/storage";
import { openLmdbCounters } from "@dit/storage/counters/lmdb";
import { openLmdbDocuments } from "@dit/storage/documents/lmdb";

export interface TestStores {
  readonly counters: Counters;
  readonly documents: Documents;
  /** All that rests: every document and audit entry as it is read, and every byte of every file. */
  everything(): Promise<Buffer>;
  close(): Promise<void>;
}

/** Real LMDB stores in a directory of their own. */
export async function openTestStores(clock: Clock): Promise<TestStores> {
  const directory = mkdtempSync(join(tmpdir(), "dit-acs-"));
  const counters = await openLmdbCounters({
    path: join(directory, "counters"),
    nowSeconds: () => nowSeconds(clock),
  });
  const documents = await openLmdbDocuments({ path: join(directory, "documents") });
  return {
    counters,
    documents,
    async everything() {
      const collections = ["use-cases", "primary-keys", "account-keys"];
      const read = await Promise.all(collections.map((collection) => documents.list(collection)));
      const audit = await documents.readAudit(0, 10_000);
      return Buffer.concat([Buffer.from(JSON.stringify({ read, audit })), ...filesIn(directory)]);
    },
    async close() {
      await counters.close();
      await documents.close();
      rmSync(directory, { recursive: true });
    },
  };
}

function filesIn(directory: string): Buffer[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
}
