import { median } from "./judge.ts";

/** Of a row that is timed by the clock: rates by processor seconds, of which a busy machine takes none away. */
export function coreNote(ours: readonly number[], peer: readonly number[]): string {
  return `By processor time: ${(median(ours) / median(peer)).toFixed(2)}x`;
}
