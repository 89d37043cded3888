import { toBase64Url } from "@dit/crypto-core";
import type { KeyDocument } from "@dit/protocol/schemas";
import { blockedFieldsOf } from "../field-policy/blocked-fields.ts";
import type { UseCaseState } from "../use-cases/registry.ts";

/** How long a client may go without asking, if nothing is due to change: so long does a kill switch or an early rotation take. */
const MAX_AGE_SECONDS = 300;

/** The same for everyone at the same time: keys by client would be marks on clients. */
export function keyDocument(
  environment: string,
  { document, fieldPolicy, keys }: UseCaseState,
  nowSeconds: number,
): KeyDocument {
  return {
    environment,
    useCase: document.useCase,
    enabled: document.enabled,
    epochSeconds: document.epoch.seconds,
    graceSeconds: document.epoch.graceSeconds,
    usesPerToken: document.usesPerToken,
    tokensPerEpoch: document.issuance.tokensPerEpoch,
    blockedFields: blockedFieldsOf(fieldPolicy),
    keys: keys
      .filter((key) => nowSeconds < key.notAfter)
      .map(({ keyVersion, publicKey, notBefore, notAfter }) => ({
        keyVersion,
        publicKey: toBase64Url(publicKey),
        notBefore,
        notAfter,
      })),
  };
}

/** Until the document changes by itself, which it does when a key ends, and when that key's grace does; but never long. */
export function keyDocumentMaxAge({ document, keys }: UseCaseState, nowSeconds: number): number {
  const changes = keys
    .flatMap(({ notAfter }) => [notAfter, notAfter + document.epoch.graceSeconds])
    .filter((at) => at > nowSeconds);
  return Math.min(MAX_AGE_SECONDS, ...changes.map((at) => at - nowSeconds));
}
