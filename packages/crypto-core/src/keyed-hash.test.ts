import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { framed, utf8 } from "./framing.ts";
import { keyedHash } from "./keyed-hash.ts";
import { storedPseudonym } from "./pseudonym.ts";

const KEY = new Uint8Array(32).fill(3);
const DATA = utf8("data");

describe("keyedHash", () => {
  it("is HMAC-SHA256 of the framed label and data", () => {
    const expected = createHmac("sha256", KEY)
      .update(framed(utf8("account"), DATA))
      .digest();
    expect(keyedHash(KEY, "account", DATA)).toEqual(new Uint8Array(expected));
  });

  it("differs by key and label, and does not run them together", () => {
    const hashes = [
      keyedHash(KEY, "ab", utf8("c")),
      keyedHash(KEY, "a", utf8("bc")),
      keyedHash(KEY.with(0, 4), "ab", utf8("c")),
    ];
    expect(new Set(hashes.map(String)).size).toBe(3);
  });
});

describe("storedPseudonym", () => {
  it("is the first 16 bytes of HMAC-SHA256 under the salt", () => {
    const expected = createHmac("sha256", KEY).update(DATA).digest().subarray(0, 16);
    expect(storedPseudonym(KEY, DATA)).toEqual(new Uint8Array(expected));
  });

  it.each([0, 31, 33])("takes no salt of %i bytes", (length) => {
    expect(() => storedPseudonym(new Uint8Array(length), DATA)).toThrow(
      expect.objectContaining({ code: "length" }),
    );
  });
});
