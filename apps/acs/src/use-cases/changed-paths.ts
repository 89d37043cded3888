import type { Json } from "@dit/storage";

/** Longer than any real change; a rewrite of everything is cut off, and says so. */
const MAX_CHANGES = 200;

/** What differs between two documents, for the audit: paths, with numbers and switches as they were and are. No texts. */
export function changedPaths(before: unknown, after: unknown): Json {
  const changes = compare("", before, after);
  const shown: Json[] = changes.slice(0, MAX_CHANGES);
  return changes.length > MAX_CHANGES ? [...shown, { more: changes.length - MAX_CHANGES }] : shown;
}

type Change = { readonly path: string; readonly from?: number | boolean; readonly to?: number | boolean };

function compare(path: string, before: unknown, after: unknown): Change[] {
  if (isObject(before) && isObject(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => compare(path === "" ? key : `${path}.${key}`, before[key], after[key]));
  }
  return before === after ? [] : [{ path, ...plain("from", before), ...plain("to", after) }];
}

/** Arrays too: their keys are indices. */
function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null;
}

function plain(name: "from" | "to", value: unknown): Partial<Change> {
  return typeof value === "number" || typeof value === "boolean" ? { [name]: value } : {};
}
