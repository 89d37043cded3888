import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { createLibsodiumPoprf, type LibsodiumPoprf } from "../src/libsodium.ts";
import { createNoblePoprf } from "../src/poprf/noble.ts";
import type { Poprf } from "../src/poprf/poprf.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const inputs = fc.array(fc.uint8Array({ maxLength: 70 }), { minLength: 1, maxLength: 4 });
const infos = fc.uint8Array({ maxLength: 70 });
const runs = { numRuns: 12 };

describe("noble and libsodium are the same function", () => {
  let noble: Poprf;
  let libsodium: LibsodiumPoprf;
  beforeAll(async () => {
    noble = createNoblePoprf();
    libsodium = await createLibsodiumPoprf();
  });

  it("derive the same key pair from any seed", () => {
    fc.assert(
      fc.property(bytes(32), infos, (seed, keyInfo) => {
        const pair = libsodium.deriveKeyPair(seed, keyInfo);
        expect(noble.deriveKeyPair(seed, keyInfo)).toEqual(pair);
        expect(noble.publicKeyOf(pair.secretKey)).toEqual(pair.publicKey);
        expect(libsodium.publicKeyOf(pair.secretKey)).toEqual(pair.publicKey);
      }),
      runs,
    );
  });

  it.each([
    ["noble client, libsodium issuer, libsodium redeemer", () => [noble, libsodium, libsodium] as const],
    ["libsodium client, noble issuer, noble redeemer", () => [libsodium, noble, noble] as const],
    ["noble client, noble issuer, libsodium redeemer", () => [noble, noble, libsodium] as const],
    ["libsodium client, libsodium issuer, noble redeemer", () => [libsodium, libsodium, noble] as const],
  ])("%s agree on any batch", (_name, roles) => {
    const [client, issuer, redeemer] = roles();
    fc.assert(
      fc.property(inputs, infos, (batch, info) => {
        const { secretKey, publicKey } = issuer.generateKeyPair();
        const blinded = batch.map((input) => ({ input, ...client.blind(input, info, publicKey) }));
        const answer = issuer.blindEvaluateBatch(
          secretKey,
          blinded.map((item) => item.blinded),
          info,
        );
        const items = blinded.flatMap((item, i) => {
          const evaluated = answer.evaluated[i];
          return evaluated === undefined ? [] : [{ ...item, evaluated }];
        });
        const [first] = blinded;
        if (first === undefined) throw new Error("the batch is not empty");
        const outputs = client.finalizeBatch(items, answer.proof, info, first.tweakedKey);
        expect(outputs).toEqual(batch.map((input) => redeemer.evaluate(secretKey, input, info)));
      }),
      runs,
    );
  });

  it("give the same answer again from the cache of bound keys, whatever was asked between", () => {
    const keys = [libsodium.generateKeyPair(), libsodium.generateKeyPair()];
    const asked = fc.array(fc.tuple(fc.nat(1), fc.nat(40)), { minLength: 1, maxLength: 30 });
    const answers = new Map<string, Uint8Array>();
    fc.assert(
      fc.property(asked, (questions) => {
        for (const [key, info] of questions) {
          const secretKey = keys[key]?.secretKey;
          if (secretKey === undefined) throw new Error("there are two keys");
          const answer = libsodium.evaluate(secretKey, Uint8Array.of(1), Uint8Array.of(info));
          expect(answer).toEqual(answers.get(`${key}.${info}`) ?? answer);
          answers.set(`${key}.${info}`, answer);
        }
      }),
      runs,
    );
    expect(new Set([...answers.values()].map(String)).size).toBe(answers.size);
  });

  it("answer as before after the keys are forgotten", async () => {
    const own = await createLibsodiumPoprf();
    const { secretKey } = own.generateKeyPair();
    const kept = secretKey.slice();
    const before = own.evaluate(secretKey, Uint8Array.of(1), Uint8Array.of(2));
    own.forgetKeys();
    expect(secretKey).toEqual(kept);
    expect(own.evaluate(secretKey, Uint8Array.of(1), Uint8Array.of(2))).toEqual(before);
  });
});
