import { expect, it } from "vitest";
import { keySlot } from "./key-slot.ts";

it("is the cluster specification's own example, and looks at braces as that does", () => {
  expect(keySlot(Buffer.from("123456789"))).toBe(0x31c3);
  expect(keySlot(Buffer.from("a{123456789}b{c}"))).toBe(0x31c3);
  expect(keySlot(Buffer.from("{}123456789"))).not.toBe(keySlot(Buffer.from("123456789")));
});
