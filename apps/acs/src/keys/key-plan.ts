import type { UseCase } from "@dit/protocol/schemas";
import { destroyAtSeconds, type KeyValidity } from "./key-ring.ts";
import { MAX_LIVE_KEYS } from "./plan-key-rotation.ts";

/** What an operator sees of a use case's keys: which they are, and what happens when. All times in unix seconds. */
export interface KeyPlan {
  readonly useCase: string;
  readonly nowSeconds: number;
  readonly keys: readonly (KeyValidity & {
    /** `next`: published; `current`: issues and redeems; `ending`: its last epoch still redeems. */
    readonly state: "next" | "current" | "ending";
    readonly publicKey: string;
    readonly destroyAt: number;
  })[];
  /** When the next key is generated; null if that is due, or while the use case is disabled. */
  readonly generateAt: number | null;
}

export function keyPlan(
  useCase: UseCase,
  keys: readonly (KeyValidity & { readonly publicKey: string })[],
  nowSeconds: number,
): KeyPlan {
  const { graceSeconds } = useCase.epoch;
  const planned = keys.map(({ keyVersion, publicKey, notBefore, notAfter }) => ({
    keyVersion,
    state: stateAt({ notBefore, notAfter }, nowSeconds),
    publicKey,
    notBefore,
    notAfter,
    destroyAt: destroyAtSeconds({ keyVersion, notBefore, notAfter }, graceSeconds),
  }));
  const isFull = planned.length >= MAX_LIVE_KEYS;
  const generateAt = useCase.enabled && isFull ? (planned[0]?.destroyAt ?? null) : null;
  return { useCase: useCase.useCase, nowSeconds, keys: planned, generateAt };
}

function stateAt(
  { notBefore, notAfter }: { readonly notBefore: number; readonly notAfter: number },
  nowSeconds: number,
): "next" | "current" | "ending" {
  if (nowSeconds < notBefore) return "next";
  return nowSeconds < notAfter ? "current" : "ending";
}
