import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
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
    expect(new Set(Object.values(secrets)).size).toBe(5);
    for (const file of await readdir(join(directory, "secrets"))) {
      expect((await stat(join(directory, "secrets", file))).mode & 0o777).toBe(0o600);
    }
    expect((await openDataDirectory(directory)).secrets).toEqual(secrets);
  });

  it("are the same for processes that start at once", async () => {
    const opened = await Promise.all(Array.from({ length: 20 }, () => openDataDirectory(directory)));
    expect(new Set(opened.map(({ secrets }) => JSON.stringify(secrets))).size).toBe(1);
    expect(await readdir(join(directory, "secrets"))).toHaveLength(5);
  });

  it.each([
    ["key-encryption-key", "", "what it sealed is lost without it"],
    ["key-encryption-key", "not base64url, and longer than any key that there is", "what it sealed"],
    ["edge-secret", "short", "remove it for a new one"],
  ])("that were cut short are refused, not replaced: %s", async (name, content, remedy) => {
    await openDataDirectory(directory);
    const file = join(directory, "secrets", name);
    await writeFile(file, content);
    await expect(openDataDirectory(directory)).rejects.toThrow(`${file} does not hold a secret: `);
    await expect(openDataDirectory(directory)).rejects.toThrow(remedy);
    expect(await readFile(file, "utf8")).toBe(content);
  });

  it("can be read one by one, and say where they were looked for", async () => {
    const { secrets } = await openDataDirectory(directory);
    expect(await readLocalSecret(directory, "adminSecret")).toBe(secrets.adminSecret);
    await expect(readLocalSecret(join(directory, "none"), "adminSecret")).rejects.toThrow(
      "has `dit up` run there?",
    );
  });
});

describe("a data directory that lacks a part", () => {
  const key = () => join(directory, "secrets", "key-encryption-key");
  /** As after a first run. */
  async function fill(...folders: string[]): Promise<void> {
    await openDataDirectory(directory);
    for (const folder of folders) {
      await mkdir(join(directory, folder));
      await writeFile(join(directory, folder, "data.mdb"), "data");
    }
  }

  it("gets no new key-encryption key while there is what the old one sealed", async () => {
    await fill("documents", "event-log", "warehouse");
    const kept = join(directory, "kept");
    await cp(key(), kept);
    await rm(key());
    await expect(openDataDirectory(directory)).rejects.toThrow(`${key()} is missing`);
    expect(await readdir(join(directory, "secrets"))).not.toContain("key-encryption-key");
    await cp(kept, key());
    await openDataDirectory(directory);
  });

  it("needs none of its own while the key is kept elsewhere, and makes none", async () => {
    await fill("documents");
    await rm(key());
    const { secrets } = await openDataDirectory(directory, { keyIsElsewhere: true });
    expect(secrets.keyEncryptionKey).toBeUndefined();
    expect(await readdir(join(directory, "secrets"))).not.toContain("key-encryption-key");
  });

  it.each(["event-log", "warehouse"])("is refused with %s and without documents", async (folder) => {
    await fill(folder);
    await expect(openDataDirectory(directory)).rejects.toThrow("documents is missing or empty");
    await mkdir(join(directory, "documents"));
    await expect(openDataDirectory(directory)).rejects.toThrow("documents is missing or empty");
    await writeFile(join(directory, "documents", "data.mdb"), "restored");
    await openDataDirectory(directory);
  });
});

describe("a path that can be no data directory", () => {
  it("is told in words: a file", async () => {
    const file = join(directory, "file");
    await writeFile(file, "");
    await expect(openDataDirectory(file)).rejects.toThrow(`the data directory ${file} is a file`);
    await expect(openDataDirectory(join(file, "in-it"))).rejects.toThrow("is a file");
  });

  it.skipIf(process.getuid?.() === 0)("is told in words: one that may not be written", async () => {
    await chmod(directory, 0o500);
    await expect(openDataDirectory(directory)).rejects.toThrow("may not be written by this user");
  });
});
