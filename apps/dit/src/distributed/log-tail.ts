import { readFile } from "node:fs/promises";

const TAIL_CHARACTERS = 2_000;

/** The end of what a process printed, for whoever is told that it failed. */
export async function readLogTail(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.trim() === "" ? "(it printed nothing)" : text.slice(-TAIL_CHARACTERS).trim();
}
