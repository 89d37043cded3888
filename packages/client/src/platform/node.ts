import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Store } from "../core/platform.ts";

/**
 * Keeps the state in one file that only its owner can read. A write goes to a file beside it, to the disk, and then takes its
 * place: a crash leaves the old state or the new one, never a torn one. One client a file.
 */
export function createFileStore(path: string): Store {
  let last: Promise<unknown> = Promise.resolve();
  /** In order, even after one that failed or was given up. */
  function inOrder<Result>(run: () => Promise<Result>): Promise<Result> {
    const done = last.then(run);
    last = done.catch(() => undefined);
    return done;
  }
  return {
    load: () => inOrder(() => readIfThere(path)),
    save: (text) => inOrder(() => replaceFile(path, text)),
    clear: () =>
      inOrder(async () => {
        await rm(path, { force: true });
        await rm(besides(path), { force: true });
      }),
  };
}

const besides = (path: string) => `${path}.new`;

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(besides(path), "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(besides(path), path);
}
