import { createDecipheriv } from "node:crypto";
import { CryptoError, createSealer } from "@dit/crypto-core";
import fc from "fast-check";
import { type FuzzTarget, REFUSED } from "../fuzz.ts";
import { mutated } from "../mutated.ts";

const KEY = new Uint8Array(32).fill(7);
const PLACE = "sink-salt/hostile_input/20454";
const sealer = await createSealer(KEY);
const otherSealer = await createSealer(new Uint8Array(32).fill(8));

const CORPUS = [
  await sealer.seal(new Uint8Array(32).fill(1), PLACE),
  await sealer.seal(new Uint8Array(), PLACE),
  await sealer.seal(Buffer.from("x".repeat(300)), PLACE),
  await sealer.seal(new Uint8Array(32).fill(1), `${PLACE}0`),
  await otherSealer.seal(new Uint8Array(32).fill(1), PLACE),
  new Uint8Array(29).fill(1),
  new Uint8Array(28).fill(1),
];

export const sealedBlob: FuzzTarget<Uint8Array> = {
  name: "a sealed secret",
  inputs: fc.oneof(
    { weight: 4, arbitrary: mutated(CORPUS, 2) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }) },
    { weight: 1, arbitrary: fc.constantFrom(...CORPUS) },
  ),
  async product(bytes) {
    try {
      return Buffer.from(await sealer.open(bytes, PLACE)).toString("hex");
    } catch (error) {
      if (!(error instanceof CryptoError) || error.code !== "unseal_failed") throw error;
      return REFUSED;
    }
  },
  /** NIST SP 800-38D by OpenSSL; the associated data as the layout says: three parts, each behind its length. */
  reference(bytes) {
    const blob = Buffer.from(bytes);
    if (blob[0] !== 1 || blob.length < 1 + 12 + 16) return REFUSED;
    const parts = [Buffer.from("DIT-v1 seal"), Buffer.of(1), Buffer.from(PLACE)];
    const associated = parts.flatMap((part) => [Buffer.of(part.length >> 8, part.length & 255), part]);
    const decipher = createDecipheriv("aes-256-gcm", KEY, blob.subarray(1, 13), { authTagLength: 16 });
    decipher.setAAD(Buffer.concat(associated)).setAuthTag(blob.subarray(-16));
    try {
      return Buffer.concat([decipher.update(blob.subarray(13, -16)), decipher.final()]).toString("hex");
    } catch {
      return REFUSED;
    }
  },
};
