import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSealer } from "./sealing.ts";

const KEY = new Uint8Array(32).fill(1);
const SECRET = new Uint8Array(48).fill(0x5a);
const CONTEXT = "keys/app/3";
const refused = expect.objectContaining({ name: "CryptoError", code: "unseal_failed" });

describe("sealing", () => {
  it("opens what was sealed under the same key and context", async () => {
    const sealer = await createSealer(KEY);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array(), fc.string({ unit: "grapheme" }), async (plaintext, context) => {
        const again = await createSealer(KEY.slice());
        expect(await again.open(await sealer.seal(plaintext, context), context)).toEqual(plaintext);
      }),
      { numRuns: 30 },
    );
  });

  it("refuses any changed byte, and any shorter or longer text", async () => {
    const sealer = await createSealer(KEY);
    const sealed = await sealer.seal(SECRET, CONTEXT);
    for (let i = 0; i < sealed.length; i++) {
      await expect(sealer.open(sealed.with(i, (sealed[i] ?? 0) ^ 1), CONTEXT)).rejects.toThrow(refused);
      await expect(sealer.open(sealed.subarray(0, i), CONTEXT)).rejects.toThrow(refused);
    }
    await expect(sealer.open(new Uint8Array([...sealed, 0]), CONTEXT)).rejects.toThrow(refused);
    expect(await sealer.open(sealed, CONTEXT)).toEqual(SECRET);
  });

  it("refuses another context and another key", async () => {
    const sealed = await (await createSealer(KEY)).seal(SECRET, CONTEXT);
    const sealer = await createSealer(KEY);
    for (const context of ["", "keys/app/4", "keys/app/3 "]) {
      await expect(sealer.open(sealed, context)).rejects.toThrow(refused);
    }
    const other = await createSealer(KEY.with(31, 2));
    await expect(other.open(sealed, CONTEXT)).rejects.toThrow(refused);
  });

  it("never seals twice alike, and shows nothing of the plaintext", async () => {
    const sealer = await createSealer(KEY);
    const [a, b] = [await sealer.seal(SECRET, CONTEXT), await sealer.seal(SECRET, CONTEXT)];
    expect(a).not.toEqual(b);
    expect(a).toHaveLength(1 + 12 + SECRET.length + 16);
    expect(a.join()).not.toContain(SECRET.subarray(0, 4).join());
  });

  it.each([0, 16, 31, 33])("takes no key of %i bytes", async (length) => {
    await expect(createSealer(new Uint8Array(length))).rejects.toThrow(
      expect.objectContaining({ code: "length" }),
    );
  });
});
