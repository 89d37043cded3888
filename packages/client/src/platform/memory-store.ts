import type { Store } from "../core/platform.ts";

/** Forgets with the process or page; after that, events not sent are lost. */
export function createMemoryStore(): Store {
  let text: string | undefined;
  return {
    load: async () => text,
    save: async (saved) => {
      text = saved;
    },
    clear: async () => {
      text = undefined;
    },
  };
}
