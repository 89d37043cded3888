import { framed, keyedHash, toHex, uint64, utf8 } from "@dit/crypto-core";
import type { Counters, TakeResult } from "@dit/storage";
import type { AccountId } from "../authenticate/authenticator.ts";
import { LABELS } from "../labels.ts";

/** One account's allowance in one epoch, under a name that nobody can tie to the account once the key is destroyed. */
export interface Allowance {
  readonly key: Uint8Array;
  readonly limit: number;
  readonly expiresAtSeconds: number;
}

export interface Quota {
  /** False if it is known that `amount` would be refused. Saves work, decides nothing: `take` does. */
  mayHave(allowance: Allowance, amount: number): boolean;
  /** All or nothing, over all instances. */
  take(allowance: Allowance, amount: number): Promise<TakeResult>;
}

const COUNTER_KEY_BYTES = 16;
/** About 1 MB. Whoever is forgotten costs one evaluated batch more. */
const MAX_REMEMBERED = 10_000;

/** A key version has an allowance of its own, so that an early rotation does not leave clients without tokens. */
export function allowanceKey(accountKey: Uint8Array, keyVersion: number, account: AccountId): Uint8Array {
  const name = framed(uint64(keyVersion), utf8(account));
  return keyedHash(accountKey, LABELS.accountCounter, name).slice(0, COUNTER_KEY_BYTES);
}

/**
 * Elements are evaluated before they are counted, since evaluating is what finds a bad one, and that must not use up
 * anything. So those who have used up theirs are remembered, or they could have ACS compute for nothing.
 */
export function createQuota(counters: Counters): Quota {
  const exhausted = new Map<string, { readonly limit: number; readonly remaining: number }>();
  const remember = ({ key, limit }: Allowance, remaining: number) => {
    const name = toHex(key);
    exhausted.delete(name);
    exhausted.set(name, { limit, remaining });
    const [oldest] = exhausted.keys();
    if (exhausted.size > MAX_REMEMBERED && oldest !== undefined) exhausted.delete(oldest);
  };
  return {
    mayHave({ key, limit }, amount) {
      if (amount > limit) return false;
      const known = exhausted.get(toHex(key));
      return known === undefined || known.limit !== limit || amount <= known.remaining;
    },
    async take(allowance, amount) {
      const result = await counters.take({ ...allowance, amount });
      if (!result.granted || result.remaining === 0) remember(allowance, result.remaining);
      return result;
    },
  };
}
