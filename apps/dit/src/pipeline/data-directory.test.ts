import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDataDirectory, readLocalSecret } from "./data-directory.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dit-data-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe("the data directory's secrets", () => {
  it("are made once, 32 bytes each, for their owner's eyes only", async () => {
    const { secrets } = await openDataDirectory(directory);
    for (const secret of Object.values(secrets)) expect(Buffer.from(secret, "base64url")).toHaveLength(32);
    expect(new Set(Object.values(secrets)).size).toBe(4);
    for (const file of await readdir(join(directory, "secrets"))) {
      expect((await stat(join(directory, "secrets", file))).mode & 0o777).toBe(0o600);
    }
    expect((await openDataDirectory(directory)).secrets).toEqual(secrets);
  });

  it("are the same for processes that start at once", async () => {
    const opened = await Promise.all(Array.from({ length: 20 }, () => openDataDirectory(directory)));
    expect(new Set(opened.map(({ secrets }) => JSON.stringify(secrets))).size).toBe(1);
    expect(await readdir(join(directory, "secrets"))).toHaveLength(4);
  });

  it("that were cut short are refused, not replaced: what they sealed would be lost", async () => {
    await openDataDirectory(directory);
    const file = join(directory, "secrets", "key-encryption-key");
    await writeFile(file, "");
    await expect(openDataDirectory(directory)).rejects.toThrow("key-encryption-key does not hold a secret");
    expect(await readFile(file, "utf8")).toBe("");
  });

  it("can be read one by one, and say where they were looked for", async () => {
    const { secrets } = await openDataDirectory(directory);
    expect(await readLocalSecret(directory, "adminSecret")).toBe(secrets.adminSecret);
    await expect(readLocalSecret(join(directory, "none"), "adminSecret")).rejects.toThrow(
      "has `dit up` run there?",
    );
  });
});
