/**
 * The life of a credential on the client: request context -> request -> response -> credential. The context holds the
 * tokens and blinds and never leaves the client; the request holds blinded elements only.
 */
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import {
  type Element,
  type MacKey,
  macKey,
  type PoprfOutput,
  type Proof,
  type Scalar,
  type Token,
  token,
} from "./bytes.ts";
import { CryptoError } from "./errors.ts";
import { utf8 } from "./framing.ts";
import { type CredentialInfo, credentialInfo } from "./info.ts";
import { LABELS } from "./labels.ts";
import type { Poprf } from "./poprf/poprf.ts";
import { type RandomBytes, webCryptoRandomBytes } from "./random-bytes.ts";

const TOKEN_BYTES = 32;
const MAC_KEY_BYTES = 32;
const MAX_CREDENTIALS_PER_REQUEST = 0xffff;

/** Kept by the client, and shown to nobody, until the response is in. Serves for one response. */
export type CredentialRequestContext = {
  readonly info: CredentialInfo;
  readonly tweakedKey: Element;
  readonly items: readonly { readonly token: Token; readonly blind: Scalar; readonly blinded: Element }[];
};

/** What the issuer gets to see. */
export type CredentialRequest = {
  readonly keyVersion: number;
  readonly epoch: number;
  readonly blinded: Element[];
};

/** What the issuer answers: one evaluation an element, in order, and one proof for all. */
export type CredentialResponse = { readonly evaluated: readonly Element[]; readonly proof: Proof };

/** Kept by the client. A report shows the token and a MAC; the key is shown to nobody. */
export type Credential = {
  readonly keyVersion: number;
  readonly epoch: number;
  readonly token: Token;
  readonly macKey: MacKey;
};

/**
 * Draws `count` (1 to 65535) tokens and blinds them for the issuer. `publicKey` is the pinned primary public key: one
 * that came with the response would prove nothing. Throws CryptoError.
 */
export function createCredentialRequest(args: {
  readonly poprf: Poprf;
  readonly info: CredentialInfo;
  readonly publicKey: Element;
  readonly count: number;
  readonly randomBytes?: RandomBytes;
}): { readonly context: CredentialRequestContext; readonly request: CredentialRequest } {
  const { poprf, info, publicKey, count, randomBytes = webCryptoRandomBytes } = args;
  if (!Number.isInteger(count) || count < 1 || count > MAX_CREDENTIALS_PER_REQUEST) {
    throw new CryptoError("batch_invalid");
  }
  const infoBytes = credentialInfo(info);
  const drawn = Array.from({ length: count }, () => {
    const input = token(randomBytes(TOKEN_BYTES));
    return { token: input, ...poprf.blind(input, infoBytes, publicKey) };
  });
  const tweakedKey = drawn[0]?.tweakedKey;
  if (tweakedKey === undefined) throw new CryptoError("batch_invalid");
  return {
    context: {
      info: { ...info },
      tweakedKey,
      items: drawn.map(({ token, blind, blinded }) => ({ token, blind, blinded })),
    },
    request: { keyVersion: info.keyVersion, epoch: info.epoch, blinded: drawn.map((item) => item.blinded) },
  };
}

/**
 * Verifies the issuer's proof against the pinned key, then derives the credentials. Throws CryptoError on another count
 * than asked for ("batch_invalid"), a bad element or a bad proof, and returns none then: a part of a batch is no good,
 * because the proof is for all of it.
 */
export function receiveCredentials(args: {
  readonly poprf: Poprf;
  readonly context: CredentialRequestContext;
  readonly response: CredentialResponse;
}): Credential[] {
  const { poprf, context, response } = args;
  if (response.evaluated.length !== context.items.length) throw new CryptoError("batch_invalid");
  const items = context.items.map(({ token, blind, blinded }, i) => {
    const evaluated = response.evaluated[i];
    if (evaluated === undefined) throw new CryptoError("batch_invalid");
    return { input: token, blind, blinded, evaluated };
  });
  const info = credentialInfo(context.info);
  const outputs = poprf.finalizeBatch(items, response.proof, info, context.tweakedKey);
  const { keyVersion, epoch } = context.info;
  return outputs.map((output, i) => {
    const item = context.items[i];
    if (item === undefined) throw new CryptoError("batch_invalid");
    return { keyVersion, epoch, token: item.token, macKey: deriveMacKey(output) };
  });
}

/** HKDF-SHA256 (RFC 5869) of a POPRF output: no salt, the label as info. Client and redeemer come to the same key. */
export function deriveMacKey(output: PoprfOutput): MacKey {
  return macKey(hkdf(sha256, output, undefined, utf8(LABELS.macKey), MAC_KEY_BYTES));
}
