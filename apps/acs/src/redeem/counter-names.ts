import { framed, type Mac, type Token } from "@dit/crypto-core";
import type { EpochKey } from "../keys/live-key.ts";
import { LABELS } from "../labels.ts";
import { createOpensslHmac } from "./openssl-hmac.ts";

export const TOKEN_NAME_BYTES = 16;
const MEMBER_BYTES = 8;
const DATA_BYTES = 32;

/** What stands for tokens and their uses in the counters: keyed hashes, as `keyedHash` makes them. */
export interface CounterNames {
  /** Under a key of this epoch that dies with the primary. */
  tokenName(key: EpochKey, token: Token): Uint8Array;
  /** One report's use of a token. It comes from the MAC, so that the same report again is the same use. */
  memberOf(key: EpochKey, mac: Mac): Uint8Array;
}

export function createCounterNames(): CounterNames {
  const nameOf = createFramedHash(LABELS.tokenCounter, TOKEN_NAME_BYTES);
  const memberOf = createFramedHash(LABELS.useMember, MEMBER_BYTES);
  return {
    tokenName: ({ counterKey }, token) => nameOf(counterKey, token),
    memberOf: ({ counterKey }, mac) => memberOf(counterKey, mac),
  };
}

/** `keyedHash` of 32 bytes under one label, cut off: the frame around them is made once. */
function createFramedHash(label: Uint8Array, outputBytes: number) {
  const hmac = createOpensslHmac(outputBytes);
  const frame = framed(label, new Uint8Array(DATA_BYTES));
  return (key: Uint8Array, data: Uint8Array): Uint8Array => {
    if (data.length !== DATA_BYTES) throw new RangeError(`a token or a MAC has ${DATA_BYTES} bytes`);
    frame.set(data, frame.length - DATA_BYTES);
    return hmac(key, frame);
  };
}
