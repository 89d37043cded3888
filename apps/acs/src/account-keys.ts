import {
  CryptoError,
  fromBase64Url,
  type RandomBytes,
  toBase64Url,
  webCryptoRandomBytes,
} from "@dit/crypto-core";
import { nowSeconds, ProblemError } from "@dit/service-kit";
import { VersionConflictError } from "@dit/storage";
import type { AcsContext } from "./context.ts";
import { accountKeyPlace } from "./labels.ts";

const ACCOUNT_KEYS = "account-keys";

/** A key that names the accounts of one use case and epoch in the counters, at rest. */
export type StoredAccountKey = {
  readonly useCase: string;
  readonly epoch: number;
  /** base64url. */
  readonly sealedKey: string;
  /** Unix seconds. From then on nobody can tell anymore whom a counter was about. */
  readonly expiresAtSeconds: number;
};

export interface AccountKeys {
  /** The same 32 bytes for every instance; made by whoever needs them first. */
  keyOf(useCase: string, epoch: number, expiresAtSeconds: number): Promise<Uint8Array>;
  /** Destroys the keys whose time has passed, here and in the store. */
  destroyExpired(actor: string): Promise<void>;
  /** Overwrites what is held in memory. */
  close(): void;
}

const KEY_BYTES = 32;

export function createAccountKeys(context: AcsContext): AccountKeys {
  const { documents, clock } = context;
  const opened = new Map<string, { readonly key: Uint8Array; readonly expiresAtSeconds: number }>();
  const wipe = (id: string) => {
    opened.get(id)?.key.fill(0);
    opened.delete(id);
  };
  return {
    async keyOf(useCase, epoch, expiresAtSeconds) {
      const id = `${useCase}/${epoch}`;
      const known = opened.get(id);
      if (known !== undefined) return known.key;
      const stored = await readOrCreate(context, id, { useCase, epoch, expiresAtSeconds });
      const key = await open(context, stored);
      opened.set(id, { key, expiresAtSeconds: stored.expiresAtSeconds });
      return key;
    },
    async destroyExpired(actor) {
      const now = nowSeconds(clock);
      for (const [id, { expiresAtSeconds }] of opened) if (expiresAtSeconds <= now) wipe(id);
      for (const { key, version, value } of await documents.list<StoredAccountKey>(ACCOUNT_KEYS)) {
        if (value.expiresAtSeconds <= now) await destroy(context, key, version, value, { now, actor });
      }
    },
    close() {
      for (const id of opened.keys()) wipe(id);
    },
  };
}

async function readOrCreate(
  {
    documents,
    sealer,
    config,
    randomBytes = webCryptoRandomBytes,
  }: AcsContext & { randomBytes?: RandomBytes },
  id: string,
  about: Omit<StoredAccountKey, "sealedKey">,
): Promise<StoredAccountKey> {
  const found = await documents.get<StoredAccountKey>(ACCOUNT_KEYS, id);
  if (found !== undefined) return found.value;
  const place = accountKeyPlace(config.environment, about.useCase, about.epoch);
  const value = { ...about, sealedKey: toBase64Url(await sealer.seal(randomBytes(KEY_BYTES), place)) };
  try {
    await documents.commit({ changes: [{ collection: ACCOUNT_KEYS, key: id, expectedVersion: 0, value }] });
    return value;
  } catch (error) {
    if (!(error instanceof VersionConflictError)) throw error;
  }
  // Another instance was faster, and its key is the one.
  const theirs = await documents.get<StoredAccountKey>(ACCOUNT_KEYS, id);
  if (theirs === undefined) throw new ProblemError("dependency_unavailable");
  return theirs.value;
}

async function open({ sealer, config }: AcsContext, stored: StoredAccountKey): Promise<Uint8Array> {
  const sealed = fromBase64Url(stored.sealedKey);
  if (sealed === undefined) throw new CryptoError("unseal_failed");
  return sealer.open(sealed, accountKeyPlace(config.environment, stored.useCase, stored.epoch));
}

async function destroy(
  { documents }: AcsContext,
  key: string,
  expectedVersion: number,
  { useCase, epoch }: StoredAccountKey,
  at: { readonly now: number; readonly actor: string },
): Promise<void> {
  try {
    await documents.commit({
      changes: [{ collection: ACCOUNT_KEYS, key, expectedVersion, value: undefined }],
      audit: [
        {
          atSeconds: at.now,
          actor: at.actor,
          action: "account_key.destroyed",
          subject: useCase,
          detail: { epoch },
        },
      ],
    });
  } catch (error) {
    if (!(error instanceof VersionConflictError)) throw error;
  }
}
