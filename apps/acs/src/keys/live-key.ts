import { credentialInfo, type Element, keyedHash, type Scalar } from "@dit/crypto-core";
import { LABELS } from "../labels.ts";
import type { KeyValidity } from "./key-ring.ts";

/** A key in an epoch, by name. */
export interface KeyEpoch {
  readonly useCase: string;
  readonly keyVersion: number;
  readonly epoch: number;
}

/** What one key needs in one epoch. */
export interface EpochKey extends KeyEpoch {
  /** The POPRF's public info. */
  readonly info: Uint8Array;
  /** Keys the names of tokens and uses in the counters. Never leaves ACS. */
  readonly counterKey: Uint8Array;
  /** The key bound to this epoch, in memory that the issue pool's threads share; made by the pool when it is first needed. */
  sharedKey?: Uint8Array;
}

/** An opened primary key. It exists in memory only while its epochs issue or redeem. */
export interface LiveKey extends KeyValidity {
  readonly publicKey: Element;
  readonly secretKey: Scalar;
  forEpoch(epoch: number): EpochKey;
  /** Overwrites everything secret. The key is of no use afterwards, and what was being made with it neither. */
  wipe(): void;
  isWiped(): boolean;
}

/** The last epoch, this one and the next, and one to spare. */
const MAX_REMEMBERED_EPOCHS = 4;

export function createLiveKey(
  validity: KeyValidity,
  keys: { readonly publicKey: Element; readonly secretKey: Scalar },
  bound: { readonly environment: string; readonly useCase: string; readonly epochSeconds: number },
): LiveKey {
  const { keyVersion, notBefore, notAfter } = validity;
  const epochs = new Map<number, EpochKey>();
  let isWiped = false;
  const forget = (epoch: number) => {
    epochs.get(epoch)?.counterKey.fill(0);
    epochs.get(epoch)?.sharedKey?.fill(0);
    epochs.delete(epoch);
  };
  return {
    keyVersion,
    notBefore,
    notAfter,
    ...keys,
    forEpoch(epoch) {
      const remembered = epochs.get(epoch);
      if (remembered !== undefined) return remembered;
      const info = credentialInfo({ ...bound, keyVersion, epoch });
      const counterKey = keyedHash(keys.secretKey, LABELS.counterKey, info);
      const made: EpochKey = { useCase: bound.useCase, keyVersion, epoch, info, counterKey };
      const [oldest] = epochs.keys();
      if (epochs.size >= MAX_REMEMBERED_EPOCHS && oldest !== undefined) forget(oldest);
      epochs.set(epoch, made);
      return made;
    },
    isWiped: () => isWiped,
    wipe() {
      isWiped = true;
      keys.secretKey.fill(0);
      for (const epoch of epochs.keys()) forget(epoch);
    },
  };
}
