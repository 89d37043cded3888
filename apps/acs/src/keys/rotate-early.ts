import { epochAt, epochEndSeconds } from "@dit/crypto-core";
import type { UseCase } from "@dit/protocol/schemas";
import type { StoredKeyRing } from "./key-ring.ts";

export type EarlyRotation =
  | {
      readonly ring: StoredKeyRing;
      readonly fromKeyVersion: number;
      readonly toKeyVersion: number;
      readonly atSeconds: number;
    }
  | { readonly refused: string };

/**
 * Ends the current key with this epoch and starts the next one there: the next key has been public all along, so clients
 * that pin it go on. Tokens of the old key that were fetched ahead for the next epoch become worthless, as they must if
 * the old key is feared to be known. There is no shortening of this epoch: switching the use case off is for that.
 */
export function rotateEarly(ring: StoredKeyRing, useCase: UseCase, nowSeconds: number): EarlyRotation {
  const { seconds } = useCase.epoch;
  const atSeconds = epochEndSeconds(epochAt(nowSeconds, seconds), seconds);
  const current = ring.keys.find((key) => key.notBefore <= nowSeconds && nowSeconds < key.notAfter);
  if (current === undefined) return { refused: "no key issues now" };
  if (current.notAfter <= atSeconds) return { refused: "the current key ends with this epoch already" };
  const next = ring.keys.find((key) => key.notBefore === current.notAfter);
  if (next === undefined) return { refused: "the next key is generated once the previous one is destroyed" };
  const keys = ring.keys.map((key) => {
    if (key === current) return { ...key, notAfter: atSeconds };
    if (key !== next) return key;
    return { ...key, notBefore: atSeconds, notAfter: atSeconds + useCase.primaryKey.rotationSeconds };
  });
  return {
    ring: { ...ring, keys },
    fromKeyVersion: current.keyVersion,
    toKeyVersion: next.keyVersion,
    atSeconds,
  };
}
