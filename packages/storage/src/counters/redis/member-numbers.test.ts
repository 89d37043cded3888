import fc from "fast-check";
import { expect, it } from "vitest";
import { memberNumbers } from "./member-numbers.ts";

const member = fc.uint8Array({ minLength: 8, maxLength: 8 });

it("gives every member two numbers that Redis keeps as 8 bytes, and no other member has", () => {
  fc.assert(
    fc.property(member, member, (one, other) => {
      const numbers = memberNumbers(one);
      for (const number of numbers) expect(String(BigInt.asIntN(64, BigInt(number)))).toBe(number);
      const isSame = Buffer.from(one).readBigUInt64BE() >> 1n === Buffer.from(other).readBigUInt64BE() >> 1n;
      expect(new Set([...numbers, ...memberNumbers(other)]).size).toBe(isSame ? 2 : 4);
    }),
  );
  expect(memberNumbers(new Uint8Array(8).fill(0xff))).toEqual(["-2", "-1"]);
  expect(() => memberNumbers(new Uint8Array(7))).toThrow("counters: a member has 8 bytes");
});
