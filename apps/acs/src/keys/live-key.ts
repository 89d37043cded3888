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
}

/** An opened primary key. It exists in memory only while its epochs issue or redeem. */
export interface LiveKey extends KeyValidity {
  readonly publicKey: Element;
  readonly secretKey: Scalar;
  forEpoch(epoch: number): EpochKey;
  /** Overwrites everything secret. The key is of no use afterwards. */
  wipe(): void;
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
      const made = { useCase: bound.useCase, keyVersion, epoch, info, counterKey };
      const [oldest] = epochs.keys();
      if (epochs.size >= MAX_REMEMBERED_EPOCHS && oldest !== undefined) {
        epochs.get(oldest)?.counterKey.fill(0);
        epochs.delete(oldest);
      }
      epochs.set(epoch, made);
      return made;
    },
    wipe() {
      keys.secretKey.fill(0);
      for (const { counterKey } of epochs.values()) counterKey.fill(0);
      epochs.clear();
    },
  };
}
