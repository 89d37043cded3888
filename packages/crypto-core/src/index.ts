export {
  type Bytes,
  concat,
  type Element,
  element,
  equalConstantTime,
  type Mac,
  type MacKey,
  mac,
  macKey,
  type PoprfOutput,
  type Proof,
  poprfOutput,
  proof,
  type ReportId,
  reportId,
  type Scalar,
  scalar,
  type Token,
  type TranscriptDigest,
  token,
  transcriptDigestBytes,
} from "./bytes.ts";
export {
  type Credential,
  type CredentialRequest,
  type CredentialRequestContext,
  type CredentialResponse,
  createCredentialRequest,
  deriveMacKey,
  receiveCredentials,
} from "./credential.ts";
export { fromBase64Url, fromHex, toBase64Url, toHex } from "./encoding.ts";
export { epochAt, epochEndSeconds, epochStartSeconds, isIssuable, isRedeemable } from "./epoch.ts";
export { CryptoError, type CryptoErrorCode } from "./errors.ts";
export { framed, uint64, utf8 } from "./framing.ts";
export type { HmacSha256, Sha256 } from "./hashes.ts";
export { type CredentialInfo, credentialInfo } from "./info.ts";
export { keyedHash } from "./keyed-hash.ts";
export { LABELS } from "./labels.ts";
export { createNoblePoprf } from "./poprf/noble.ts";
export type {
  Blinded,
  EvaluatedBatch,
  FinalizeItem,
  KeyPair,
  Poprf,
  PoprfOptions,
} from "./poprf/poprf.ts";
export { storedPseudonym } from "./pseudonym.ts";
export { type RandomBytes, webCryptoRandomBytes } from "./random-bytes.ts";
export {
  type ReportTranscript,
  reportIdOf,
  reportMac,
  transcriptDigest,
  verifyReportMac,
} from "./report-mac.ts";
export { createSealer, type Sealer } from "./sealing.ts";
