import { type Documents, VersionConflictError } from "./documents.ts";

export const INCREMENTS = 25;
/** Two documents that are only ever changed together. */
export const PAIR = ["left", "right"] as const;

/** Adds 1 to a shared document, so many times, trying again when somebody else was first. */
export async function increment(store: Documents): Promise<void> {
  for (let made = 0; made < INCREMENTS; ) {
    const { version = 0, value = 0 } = (await store.get<number>("shared", "counter")) ?? {};
    try {
      await store.commit({
        changes: [{ collection: "shared", key: "counter", expectedVersion: version, value: value + 1 }],
      });
      made += 1;
    } catch (error) {
      if (!(error instanceof VersionConflictError)) throw error;
    }
  }
}

/** Adds 1 to both of the pair, with an audit entry; gives the new value. */
export async function addToPair(store: Documents): Promise<number> {
  const { version = 0, value = 0 } = (await store.get<number>("pair", PAIR[0])) ?? {};
  await store.commit({
    changes: PAIR.map((key) => ({ collection: "pair", key, expectedVersion: version, value: value + 1 })),
    audit: [{ atSeconds: value, actor: "test", action: "pair.add", subject: "pair", detail: {} }],
  });
  return value + 1;
}
