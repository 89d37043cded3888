import { fromBase64Url, type Mac, mac, type Token, toBase64Url, token } from "@dit/crypto-core";
import { LIMITS } from "./limits.ts";
import { PROTOCOL_VERSION } from "./protocol-version.ts";

/** The only header of the anonymous channel that says anything about its sender. */
export const CREDENTIAL_HEADER = "dit-credential";

/** What a report presents: `v1.{keyVersion}.{epoch}.{token}.{mac}`, numbers in decimal without leading zeros, bytes in unpadded base64url. */
export interface CredentialHeader {
  readonly keyVersion: number;
  readonly epoch: number;
  readonly token: Token;
  readonly mac: Mac;
}

export function formatCredentialHeader(header: CredentialHeader): string {
  const { keyVersion, epoch } = header;
  return [PROTOCOL_VERSION, keyVersion, epoch, toBase64Url(header.token), toBase64Url(header.mac)].join(".");
}

const SHAPE = new RegExp(
  `^${PROTOCOL_VERSION}\\.([1-9]\\d{0,8})\\.(0|[1-9]\\d{0,11})\\.([\\w-]{43})\\.([\\w-]{43})$`,
);

/** Strict: exactly one spelling for every credential, so that a MAC cannot be carried by two headers. */
export function parseCredentialHeader(text: string): CredentialHeader | undefined {
  if (text.length > LIMITS.maxCredentialHeaderLength) return undefined;
  const [, keyVersion, epoch, tokenText = "", macText = ""] = SHAPE.exec(text) ?? [];
  const tokenBytes = fromBase64Url(tokenText);
  const macBytes = fromBase64Url(macText);
  if (tokenBytes?.length !== 32 || macBytes?.length !== 32) return undefined;
  return {
    keyVersion: Number(keyVersion),
    epoch: Number(epoch),
    token: token(tokenBytes),
    mac: mac(macBytes),
  };
}
