import { mac, token } from "@dit/crypto-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CredentialHeader, formatCredentialHeader, parseCredentialHeader } from "./credential-header.ts";
import { LIMITS } from "./limits.ts";
import { redeemRequestSchema } from "./messages.ts";

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const header: fc.Arbitrary<CredentialHeader> = fc.record({
  keyVersion: fc.integer({ min: 1, max: 999_999_999 }),
  epoch: fc.integer({ min: 0, max: 999_999_999_999 }),
  token: bytes32.map(token),
  mac: bytes32.map(mac),
});

const zeros = "A".repeat(43);
const valid = `v1.1.20000.${zeros}.${zeros}`;

describe("the credential header", () => {
  it("comes back from its text as it was", () => {
    fc.assert(
      fc.property(header, (value) => {
        expect(parseCredentialHeader(formatCredentialHeader(value))).toEqual(value);
      }),
    );
  });

  it("fits the limit at its longest", () => {
    const longest = formatCredentialHeader({
      keyVersion: 999_999_999,
      epoch: 999_999_999_999,
      token: token(new Uint8Array(32)),
      mac: mac(new Uint8Array(32)),
    });
    expect(longest.length).toBeLessThanOrEqual(LIMITS.maxCredentialHeaderLength);
  });

  it("has one spelling: whatever parses is what its value formats to", () => {
    const pieces = fc.constantFrom(
      ...["v1", "v01", "V1", "v2", "", "0", "1", "01", "+1", "-1", "1e3", "0x1", " 1", "１"],
      ...[zeros, `${zeros}=`, `${"A".repeat(42)}B`, "A".repeat(42), "A".repeat(44), `${"A".repeat(42)}/`],
    );
    const candidates = fc.array(pieces, { minLength: 4, maxLength: 6 }).map((parts) => parts.join("."));
    const mutated = fc
      .tuple(header.map(formatCredentialHeader), fc.nat({ max: 150 }), fc.string({ maxLength: 2 }))
      .map(([text, at, insert]) => text.slice(0, at) + insert + text.slice(at + 1));
    fc.assert(
      fc.property(fc.oneof(candidates, mutated), (text) => {
        const parsed = parseCredentialHeader(text);
        if (parsed !== undefined) expect(formatCredentialHeader(parsed)).toBe(text);
      }),
    );
  });

  it("parses the reference spelling", () => {
    expect(parseCredentialHeader(valid)).toMatchObject({ keyVersion: 1, epoch: 20_000 });
  });

  it.each([
    ["nothing", ""],
    ["another version", valid.replace("v1", "v2")],
    ["an upper-case version", valid.replace("v1", "V1")],
    ["a leading zero", valid.replace(".1.", ".01.")],
    ["a sign", valid.replace(".1.", ".+1.")],
    ["a negative epoch", valid.replace(".20000.", ".-1.")],
    ["a fraction as one part more", valid.replace(".20000.", ".20000.5.")],
    ["an exponent", valid.replace(".20000.", ".2e4.")],
    ["digits of another script", valid.replace(".1.", ".１.")],
    ["a key version of 11 digits", valid.replace(".1.", ".10000000000.")],
    ["an epoch of 13 digits", valid.replace(".20000.", ".1000000000000.")],
    ["a short token", `v1.1.20000.${"A".repeat(42)}.${zeros}`],
    ["a long MAC", `v1.1.20000.${zeros}.${"A".repeat(44)}`],
    ["padding", `v1.1.20000.${"A".repeat(42)}=.${zeros}`],
    ["base64 instead of base64url", `v1.1.20000.${"A".repeat(42)}/.${zeros}`],
    ["set bits behind the last byte", `v1.1.20000.${"A".repeat(42)}B.${zeros}`],
    ["a blank before", ` ${valid}`],
    ["a blank after", `${valid} `],
    ["a line end after", `${valid}\n`],
    ["a part too many", `${valid}.${zeros}`],
    ["a part too few", `v1.1.20000.${zeros}`],
    ["two headers joined", `${valid}, ${valid}`],
    ["a very long text", `${valid}${"A".repeat(100_000)}`],
  ])("refuses %s", (_, text) => {
    expect(parseCredentialHeader(text)).toBeUndefined();
  });
});

describe("the credential header and the redemption", () => {
  it("take the same numbers, so that no header makes ACS refuse a whole batch", () => {
    const numbers = redeemRequestSchema.shape.items.element.pick({ keyVersion: true, epoch: true });
    const anyNumber = fc.oneof(fc.nat(20), fc.maxSafeNat());
    fc.assert(
      fc.property(anyNumber, anyNumber, (keyVersion, epoch) => {
        const parsed = parseCredentialHeader(`v1.${keyVersion}.${epoch}.${zeros}.${zeros}`);
        expect(parsed !== undefined).toBe(numbers.safeParse({ keyVersion, epoch }).success);
      }),
    );
  });
});
