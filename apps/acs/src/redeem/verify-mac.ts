import { CryptoError, type MacKey, token, transcriptDigestBytes, verifyReportMac } from "@dit/crypto-core";
import type { AcsMetrics } from "../acs-metrics.ts";
import type { AcsContext } from "../context.ts";
import type { LiveKey } from "../keys/live-key.ts";
import { reportCompromise } from "../keys/report-compromise.ts";
import { TOKEN_NAME_BYTES } from "./counter-names.ts";
import type { MacKeyCache } from "./mac-key-cache.ts";
import { macKeyFor } from "./mac-key-for.ts";
import { createOpensslHmac } from "./openssl-hmac.ts";

export interface PresentedMac {
  readonly useCase: string;
  readonly epoch: number;
  readonly token: Uint8Array;
  readonly mac: Uint8Array;
  readonly transcript: Uint8Array;
}

/** `kept`: valid, by a hash alone. The others have cost an evaluation. */
export type MacVerdict = "kept" | "derived" | "refused";

/** `tokenName`: what stands for the token in the counters. */
export type VerifyMac = (key: LiveKey, tokenName: Uint8Array, presented: PresentedMac) => MacVerdict;

/**
 * A token whose MAC key is kept is accepted sooner, and never refused sooner: how long a refusal takes would tell a stranger which
 * tokens are in use. So one comparison and one evaluation are made before each of them, whether or not a key is kept; and a
 * key is kept only once a MAC has verified with it, so that what strangers show neither fills the cache nor moves anything in it.
 */
export function createVerifyMac(parts: {
  readonly context: Pick<AcsContext, "poprf" | "logger">;
  readonly macKeys: MacKeyCache;
  readonly metrics: AcsMetrics;
}): VerifyMac {
  const { context, macKeys, metrics } = parts;
  const hmac = createOpensslHmac();
  const agrees = (key: MacKey, { transcript, mac }: PresentedMac) =>
    verifyReportMac(key, transcriptDigestBytes(transcript), mac, hmac);

  function verifyDerived(key: LiveKey, presented: PresentedMac, name: string): boolean {
    const { useCase, epoch } = presented;
    try {
      const derived = macKeyFor(context, key, epoch, token(presented.token));
      const isValid = agrees(derived, presented);
      if (isValid) macKeys.keep(name, key.forEpoch(epoch), derived);
      derived.fill(0);
      return isValid;
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error;
      if (error.code === "inverse") reportCompromise(context, metrics, useCase, key.keyVersion);
      // A stranger learns nothing about what went wrong.
      return false;
    }
  }

  const named = Buffer.alloc(TOKEN_NAME_BYTES);
  return (key, tokenName, presented) => {
    named.set(tokenName);
    const name = named.toString("latin1");
    const { isKept, macKey } = macKeys.peek(name);
    const isValid = agrees(macKey, presented);
    if (isKept && isValid) {
      macKeys.markUsed(name);
      return "kept";
    }
    return verifyDerived(key, presented, name) ? "derived" : "refused";
  };
}
