import { epochEndSeconds, epochStartSeconds } from "@dit/crypto-core";
import type { KeyDocument, PublishedKey } from "@dit/protocol/schemas";
import type { IssuerRefusal } from "./issuer-refusal.ts";
import type { Settings } from "./settings.ts";

const MAX_LIVE_KEYS = 2;

/** The document, or why it is refused: what it says must be what the app was shipped with, or it could tag this client. */
export function checkKeyDocument(
  given: unknown,
  settings: Settings,
  nowSeconds: number,
): KeyDocument | IssuerRefusal {
  if (!isKeyDocument(given)) return "keys_malformed";
  if (given.environment !== settings.environment) return "other_environment";
  if (given.useCase !== settings.useCase) return "other_use_case";
  if (given.epochSeconds !== settings.epochSeconds) return "other_epoch_length";
  if (given.graceSeconds !== settings.graceSeconds) return "other_grace";
  const live = given.keys.filter((key) => key.notAfter > nowSeconds);
  return live.length > MAX_LIVE_KEYS ? "too_many_live_keys" : given;
}

/** The one pinned key whose time holds the whole epoch. With two to choose from, the issuer could choose for each client. */
export function keyForEpoch(
  document: KeyDocument,
  epoch: number,
  { pinnedKeys }: Settings,
): PublishedKey | IssuerRefusal {
  const start = epochStartSeconds(epoch, document.epochSeconds);
  const end = epochEndSeconds(epoch, document.epochSeconds);
  const [key, second] = document.keys.filter((each) => each.notBefore <= start && end <= each.notAfter);
  if (key === undefined) return "no_key_for_epoch";
  if (second !== undefined) return "two_keys_for_epoch";
  const isPinned = pinnedKeys.some(
    (pinned) => pinned.publicKey === key.publicKey && pinned.keyVersion === key.keyVersion,
  );
  return isPinned ? key : "key_not_pinned";
}

/** What the client calculates with. Everything else is compared with what it knows, so that a wrong type is a wrong value. */
function isKeyDocument(value: unknown): value is KeyDocument {
  const { usesPerToken, tokensPerEpoch, keys, blockedFields } = (value ?? {}) as Partial<KeyDocument>;
  return (
    Object.values(blockedFields ?? [0]).every(Array.isArray) &&
    [usesPerToken, tokensPerEpoch].every((count) => Number.isSafeInteger(count) && Number(count) >= 1) &&
    Array.isArray(keys) &&
    keys.every((key) => Number.isFinite(key?.notBefore) && Number.isFinite(key.notAfter))
  );
}
