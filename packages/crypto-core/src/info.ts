import { framed, uint64, utf8 } from "./framing.ts";
import { LABELS } from "./labels.ts";

/** What a credential's key is bound to. Public, and known to both sides before they speak. */
export type CredentialInfo = {
  /** Keeps staging's credentials out of production. */
  readonly environment: string;
  readonly useCase: string;
  readonly keyVersion: number;
  readonly epochSeconds: number;
  readonly epoch: number;
};

/**
 * The POPRF info (RFC 9497 section 3.3.3): every use case and epoch has a key of its own under one primary key, and a
 * credential of one is worthless in another. The encoding is prefix-free.
 */
export function credentialInfo(info: CredentialInfo): Uint8Array<ArrayBuffer> {
  return framed(
    utf8(LABELS.info),
    utf8(info.environment),
    utf8(info.useCase),
    uint64(info.keyVersion),
    uint64(info.epochSeconds),
    uint64(info.epoch),
  );
}
