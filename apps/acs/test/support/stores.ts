import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, nowSeconds } from "@dit/service-kit";
import type { Counters, Documents } from "@dit/storage";
import { openLmdbCounters } from "@dit/storage/counters/lmdb";
import { openLmdbDocuments } from "@dit/storage/documents/lmdb";

export interface TestStores {
  readonly counters: Counters;
  readonly documents: Documents;
  /** Where every byte of them rests. */
  readonly directory: string;
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
    directory,
    async close() {
      await counters.close();
      await documents.close();
      rmSync(directory, { recursive: true });
    },
  };
}
