import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSealer } from "@dit/crypto-core";
import type { Documents } from "@dit/storage";
import { openLmdbDocuments } from "@dit/storage/documents/lmdb";
import { afterEach, beforeEach, expect, it } from "vitest";
import { checkBelonging } from "./check-belonging.ts";

let directory: string;
let documents: Documents;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dit-belonging-"));
  documents = await openLmdbDocuments({ path: directory });
});
afterEach(async () => {
  await documents.close();
  await rm(directory, { recursive: true, force: true });
});

it("takes the key and the environment it began with, and no other", async () => {
  const sealerOf = (byte: number) => createSealer(new Uint8Array(32).fill(byte));
  const box = { environment: "staging", keySource: "DIT_ACS_KEY_ENCRYPTION_KEY_FILE" };
  await checkBelonging(documents, await sealerOf(1), box);
  await checkBelonging(documents, await sealerOf(1), box);
  await expect(checkBelonging(documents, await sealerOf(2), box)).rejects.toThrow(
    "DIT_ACS_KEY_ENCRYPTION_KEY_FILE does not hold the key-encryption key",
  );
  await expect(
    checkBelonging(documents, await sealerOf(1), { ...box, environment: "production" }),
  ).rejects.toThrow("belongs to the environment staging, and DIT_ENVIRONMENT says production");
});
