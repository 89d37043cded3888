import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

export interface FoundFile {
  readonly path: string;
  readonly bytes: number;
  readonly uid: number;
  readonly mode: number;
}

/** Every file below a folder. Links are not followed, as `readdir` would. */
export function filesOf(folder: string): FoundFile[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesOf(path);
    const { size: bytes, uid, mode } = lstatSync(path);
    return entry.isFile() ? [{ path, bytes, uid, mode }] : [];
  });
}
