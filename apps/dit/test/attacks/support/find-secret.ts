import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

/** Somewhere that key material must not be. */
export interface Place {
  readonly name: string;
  readonly bytes: Buffer;
}

/**
 * Every file below a directory, as it lies there. Copied by another process first: a process that opens and closes LMDB's lock file
 * loses its locks on it (POSIX), and the next process to open the store would take its readers for dead.
 */
export function filesIn(directory: string): Place[] {
  const copy = mkdtempSync(join(tmpdir(), "dit-copy-"));
  try {
    execFileSync("cp", ["-R", `${directory}/.`, copy]);
    return readdirSync(copy, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => ({ name: relative(copy, path), bytes: readFileSync(path) }));
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** Names of the places that hold the secret: its bytes, or its hex or base64 in any alignment, alone or within something longer. */
export function placesOf(secret: Uint8Array, places: readonly Place[]): string[] {
  const needles = encodingsOf(secret);
  return places.filter(({ bytes }) => needles.some((each) => bytes.includes(each))).map(({ name }) => name);
}

export function encodingsOf(secret: Uint8Array): Buffer[] {
  const raw = Buffer.from(secret);
  const base64 = [0, 1, 2].flatMap((lead) => {
    const text = Buffer.concat([Buffer.alloc(lead), raw]).toString("base64");
    // The letters that bits of neighbours share in: they depend on what stands around it.
    const inner = text.slice(lead === 0 ? 0 : lead + 1, Math.floor(((lead + raw.length) * 4) / 3));
    return [inner, inner.replaceAll("+", "-").replaceAll("/", "_")];
  });
  const texts = [raw.toString("hex"), raw.toString("hex").toUpperCase(), ...base64];
  return [raw, ...texts.map((text) => Buffer.from(text, "latin1"))];
}
