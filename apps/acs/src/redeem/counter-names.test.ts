import { createHmac, randomBytes } from "node:crypto";
import { keyedHash, mac, token } from "@dit/crypto-core";
import { describe, expect, it } from "vitest";
import type { EpochKey } from "../keys/live-key.ts";
import { LABELS } from "../labels.ts";
import { createCounterNames } from "./counter-names.ts";
import { createOpensslHmac } from "./openssl-hmac.ts";

const random = (length: number) => new Uint8Array(randomBytes(length));

describe("HMAC by OpenSSL's hash", () => {
  it("is HMAC-SHA256 as Node has it, for any data that fits, whatever was hashed before", () => {
    const hmac = createOpensslHmac();
    for (const dataBytes of [128, 0, 1, 32, 50, 127, 55, 56, 63, 64, 65]) {
      const [key, data] = [random(32), random(dataBytes)];
      const expected = new Uint8Array(createHmac("sha256", key).update(data).digest());
      expect(hmac(key, data)).toEqual(expected);
      expect(createOpensslHmac(8)(key, data)).toEqual(expected.subarray(0, 8));
    }
  });

  it("gives out memory that the next call leaves alone", () => {
    const hmac = createOpensslHmac();
    const first = hmac(random(32), random(32));
    const copy = first.slice();
    hmac(random(32), random(32));
    expect(first).toEqual(copy);
  });

  it.each([
    [31, 0],
    [33, 0],
    [32, 129],
  ])("refuses a key of %i bytes with %i of data", (keyBytes, dataBytes) => {
    expect(() => createOpensslHmac()(random(keyBytes), random(dataBytes))).toThrow(RangeError);
  });
});

describe("names in the counters", () => {
  it("are the keyed hashes of a token and a MAC, cut off", () => {
    const names = createCounterNames();
    const key: EpochKey = {
      ...{ useCase: "messaging", keyVersion: 1, epoch: 1 },
      ...{ info: random(8), counterKey: random(32) },
    };
    for (let round = 0; round < 3; round++) {
      const [shown, sent] = [token(random(32)), mac(random(32))];
      const named = keyedHash(key.counterKey, LABELS.tokenCounter, shown);
      expect(names.tokenName(key, shown)).toEqual(named.slice(0, 16));
      expect(names.memberOf(key, sent)).toEqual(keyedHash(key.counterKey, LABELS.useMember, sent).slice(0, 8));
    }
  });
});
