import { fromBase64Url, type Sealer, toBase64Url, utf8 } from "@dit/crypto-core";
import type { Documents } from "@dit/storage";
import { CommandError } from "../command.ts";

interface Belonging {
  readonly [name: string]: string;
  readonly environment: string;
  /** Opens under the key-encryption key of this data directory and no other. */
  readonly sealed: string;
}

const COLLECTION = "box";
const KEY = "belonging";
const PLACE = "box/belonging";

/**
 * Writes into new documents which environment and which key-encryption key they belong to, and refuses others later: under another of
 * either no key and no salt could be opened, and every client would be turned away. `keySource` says where the key came from.
 */
export async function checkBelonging(
  documents: Documents,
  sealer: Sealer,
  { environment, keySource }: { readonly environment: string; readonly keySource: string },
): Promise<void> {
  const stored = await documents.get<Belonging>(COLLECTION, KEY);
  if (stored === undefined) {
    const sealed = toBase64Url(await sealer.seal(utf8(environment), PLACE));
    const value: Belonging = { environment, sealed };
    await documents.commit({ changes: [{ collection: COLLECTION, key: KEY, expectedVersion: 0, value }] });
    return;
  }
  const sealed = fromBase64Url(stored.value.sealed) ?? new Uint8Array();
  await sealer.open(sealed, PLACE).catch((error: unknown) => {
    throw new CommandError(
      `${keySource} does not hold the key-encryption key that this data directory's documents were sealed with: restore that key`,
      { cause: error },
    );
  });
  if (stored.value.environment !== environment) {
    throw new CommandError(
      `this data directory belongs to the environment ${stored.value.environment}, and DIT_ENVIRONMENT says ${environment}: its keys are bound to the first; use another data directory for another environment`,
    );
  }
}
