import { epochEndSeconds, epochStartSeconds } from "@dit/crypto-core";

export const KEY_RINGS = "primary-keys";

/** A primary key issues for the epochs that lie wholly within [notBefore, notAfter), in unix seconds. */
export type KeyValidity = {
  readonly keyVersion: number;
  readonly notBefore: number;
  readonly notAfter: number;
};

/** A primary key at rest. The secret is sealed; with its record it leaves the store for good. */
export type StoredKey = KeyValidity & {
  /** base64url. */
  readonly publicKey: string;
  /** base64url. */
  readonly sealedSecret: string;
};

/** A use case's primary keys, oldest first: one document, so that they change together. */
export type StoredKeyRing = {
  /** Versions are never used twice, not even after their key is gone. */
  readonly lastKeyVersion: number;
  /** Epochs that began before this are over, whatever the clock says: their account keys are destroyed. */
  readonly closedBeforeSeconds: number;
  readonly keys: readonly StoredKey[];
};

export const EMPTY_KEY_RING: StoredKeyRing = { lastKeyVersion: 0, closedBeforeSeconds: 0, keys: [] };

export function coversEpoch(key: KeyValidity, epoch: number, epochSeconds: number): boolean {
  return (
    key.notBefore <= epochStartSeconds(epoch, epochSeconds) &&
    epochEndSeconds(epoch, epochSeconds) <= key.notAfter
  );
}

/** When a key's secret is due to be destroyed: its last epoch no longer redeems. */
export function destroyAtSeconds(key: KeyValidity, graceSeconds: number): number {
  return key.notAfter + graceSeconds;
}
