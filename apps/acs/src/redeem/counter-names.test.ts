import { randomBytes } from "node:crypto";
import { keyedHash, mac, token } from "@dit/crypto-core";
import { describe, expect, it } from "vitest";
import type { EpochKey } from "../keys/live-key.ts";
import { LABELS } from "../labels.ts";
import { createCounterNames } from "./counter-names.ts";

const random = (length: number) => new Uint8Array(randomBytes(length));

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
      expect(names.memberOf(key, sent)).toEqual(
        keyedHash(key.counterKey, LABELS.useMember, sent).slice(0, 8),
      );
    }
  });
});
