import { randomBytes } from "node:crypto";
import type { Counters, UseRequest } from "./counters.ts";

export const FAR_FUTURE_SECONDS = 4_000_000_000;

/** What several processes use at once: few keys, so that they meet, and more uses than there are. */
export const SHARED = { keys: 4, limit: 100, rounds: 75 } as const;

export function useRequest(key: number, member: number, limit: number): UseRequest {
  return { key: bytes(16, key), member: bytes(8, member), limit, expiresAtSeconds: FAR_FUTURE_SECONDS };
}

export function bytes(length: number, value: number): Uint8Array {
  const buffer = Buffer.alloc(length);
  buffer.writeUInt32BE(value);
  return buffer;
}

export function hex(text: string): Uint8Array {
  return Buffer.from(text, "hex");
}

/** Uses the shared keys; says how many uses it was given. */
export async function useSharedKeys(store: Counters): Promise<number> {
  let reserved = 0;
  for (let round = 0; round < SHARED.rounds; round += 1) {
    const requests = Array.from({ length: SHARED.keys }, (_, key) => {
      return { ...useRequest(key, 0, SHARED.limit), member: randomBytes(8) };
    });
    reserved += (await store.use(requests)).filter(({ outcome }) => outcome === "reserved").length;
  }
  return reserved;
}
