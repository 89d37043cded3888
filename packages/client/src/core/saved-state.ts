import type { Settings } from "./settings.ts";
import type { ClientState } from "./state.ts";

/** Written first, with what the state belongs to: another use case must not send its events or use its tokens. */
function headerOf({ environment, useCase }: Settings): string {
  return `dit-client-1 ${environment} ${useCase}`;
}

/** The state as text: header, checksum, JSON, a line each. */
export function writeState(state: ClientState, settings: Settings): string {
  const json = JSON.stringify(state);
  return [headerOf(settings), checksum(json), json].join("\n");
}

/**
 * Undefined unless this is, whole, what `writeState` wrote for the same use case and environment. The checksum stands for a
 * check of every field: it finds what a crash or a full disk left; whoever writes a right one can read the file anyway.
 */
export function readState(text: string, settings: Settings): ClientState | undefined {
  const [header, sum, json = ""] = text.split("\n");
  if (header !== headerOf(settings) || sum !== String(checksum(json))) return undefined;
  return JSON.parse(json) as ClientState;
}

/** FNV-1a, 32 bits. */
function checksum(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
