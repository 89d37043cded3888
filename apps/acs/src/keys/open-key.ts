import { CryptoError, element, equalConstantTime, fromBase64Url, scalar } from "@dit/crypto-core";
import type { UseCase } from "@dit/protocol/schemas";
import type { AcsContext } from "../context.ts";
import { primaryKeyPlace } from "../labels.ts";
import type { StoredKey } from "./key-ring.ts";
import { createLiveKey, type LiveKey } from "./live-key.ts";

/**
 * Unseals a primary key. Throws CryptoError("unseal_failed") also if the secret is not that of the published key: issuing
 * with it would fail every client's check of the proof.
 */
export async function openKey(
  { poprf, sealer, config }: Pick<AcsContext, "poprf" | "sealer" | "config">,
  useCase: UseCase,
  stored: StoredKey,
): Promise<LiveKey> {
  const { environment } = config;
  const place = primaryKeyPlace(environment, useCase.useCase, stored.keyVersion);
  const secretKey = scalar(await sealer.open(decode(stored.sealedSecret), place));
  const publicKey = element(decode(stored.publicKey));
  if (!equalConstantTime(poprf.publicKeyOf(secretKey), publicKey)) throw new CryptoError("unseal_failed");
  const bound = { environment, useCase: useCase.useCase, epochSeconds: useCase.epoch.seconds };
  return createLiveKey(stored, { publicKey, secretKey }, bound);
}

function decode(text: string): Uint8Array {
  const bytes = fromBase64Url(text);
  if (bytes === undefined) throw new CryptoError("unseal_failed");
  return bytes;
}
