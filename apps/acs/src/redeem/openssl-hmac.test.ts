import { createHmac, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createOpensslHmac, HMAC_MEMORY_BYTES } from "./openssl-hmac.ts";

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

  it("leaves nothing of the key in its memory", () => {
    const memory = new Uint8Array(HMAC_MEMORY_BYTES);
    const [key, data] = [random(32), random(32)];
    createOpensslHmac(32, memory)(key, data);
    for (const pad of [0x36, 0x5c]) {
      const padded = Buffer.from(key.map((byte) => byte ^ pad));
      for (let at = 0; at < padded.length; at += 4) {
        expect(Buffer.from(memory).includes(padded.subarray(at, at + 4))).toBe(false);
      }
    }
    expect(Buffer.from(memory).includes(Buffer.from(data))).toBe(true);
  });

  it.each([
    [31, 0],
    [33, 0],
    [32, 129],
  ])("refuses a key of %i bytes with %i of data", (keyBytes, dataBytes) => {
    expect(() => createOpensslHmac()(random(keyBytes), random(dataBytes))).toThrow(RangeError);
  });
});
