import { CryptoError } from "./errors.ts";

declare const role: unique symbol;

/** Bytes with a role: the compiler refuses a MAC where a token is meant. Carries no data of its own at run time. */
export type Bytes<Role extends string> = Uint8Array & { readonly [role]: Role };

/** 32 random bytes chosen by a client: the POPRF input. Unknown to the issuer until a report shows it. */
export type Token = Bytes<"Token">;
/** 32 bytes: HMAC-SHA256 of a report. */
export type Mac = Bytes<"Mac">;
/** 32 bytes: key of a credential's report MACs. Kept by the client; the redeemer derives it again. */
export type MacKey = Bytes<"MacKey">;
/** 16 bytes: names one report; the same report sent again has the same one. */
export type ReportId = Bytes<"ReportId">;
/** 32 bytes: digest of everything a report's MAC covers. */
export type TranscriptDigest = Bytes<"TranscriptDigest">;
/** 32 bytes: canonical ristretto255 encoding. That it decodes, and to no identity, is checked where it is used. */
export type Element = Bytes<"Element">;
/** 32 bytes, little-endian, from 1 to the group order - 1. The range is checked where it is used. */
export type Scalar = Bytes<"Scalar">;
/** 64 bytes: output of the POPRF for one token and info. Secret of the client and the redeemer. */
export type PoprfOutput = Bytes<"PoprfOutput">;
/** 64 bytes: two scalars (c, s), RFC 9497 section 2.2. */
export type Proof = Bytes<"Proof">;

// Each of these brands the same memory, without a copy, or throws CryptoError("length").
export const token = (bytes: Uint8Array): Token => sized<Token>(bytes, 32);
export const mac = (bytes: Uint8Array): Mac => sized<Mac>(bytes, 32);
export const macKey = (bytes: Uint8Array): MacKey => sized<MacKey>(bytes, 32);
export const reportId = (bytes: Uint8Array): ReportId => sized<ReportId>(bytes, 16);
/** Named so because `transcriptDigest` is the function that makes one from a report. */
export const transcriptDigestBytes = (bytes: Uint8Array): TranscriptDigest =>
  sized<TranscriptDigest>(bytes, 32);
export const element = (bytes: Uint8Array): Element => sized<Element>(bytes, 32);
export const scalar = (bytes: Uint8Array): Scalar => sized<Scalar>(bytes, 32);
export const poprfOutput = (bytes: Uint8Array): PoprfOutput => sized<PoprfOutput>(bytes, 64);
export const proof = (bytes: Uint8Array): Proof => sized<Proof>(bytes, 64);

function sized<Role extends Uint8Array>(bytes: Uint8Array, length: number): Role {
  if (bytes.length !== length) throw new CryptoError("length");
  return bytes as Role;
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Takes the same time for every content; only the lengths, which are public, may show. */
export function equalConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}
