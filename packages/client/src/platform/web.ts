import type { Store } from "../core/platform.ts";

/** The three methods of `localStorage` or `sessionStorage` that are used. */
export interface WebStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/**
 * Keeps the state under one key of the origin's storage: other scripts of the origin can read it. Open in one tab at a time:
 * two tabs would overwrite each other's use counts.
 */
export function createWebStore(storage: WebStorage, key: string): Store {
  return {
    load: async () => storage.getItem(key) ?? undefined,
    save: async (text) => storage.setItem(key, text),
    clear: async () => storage.removeItem(key),
  };
}
