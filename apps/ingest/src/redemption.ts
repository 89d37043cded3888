import { toBase64Url, transcriptDigest } from "@dit/crypto-core";
import type { PresentedReport } from "@dit/service-kit";
import type { ConfirmItem } from "./confirm-queue.ts";
import { nodeSha256 } from "./node-sha256.ts";
import type { RedeemItem } from "./redeemer.ts";

/** What ACS is asked about a report: its credential, and a digest that stands for all the MAC covers. */
export function redemptionOf(
  report: PresentedReport,
  place: { readonly environment: string; readonly useCase: string },
): RedeemItem {
  const { credential, contentType, contentEncoding, body } = report;
  const transcript = { ...place, ...credential, contentType, contentEncoding, body };
  const digest = transcriptDigest(transcript, nodeSha256);
  return {
    useCase: place.useCase,
    keyVersion: credential.keyVersion,
    epoch: credential.epoch,
    token: toBase64Url(credential.token),
    mac: toBase64Url(credential.mac),
    transcript: toBase64Url(digest),
  };
}

/** The same redemption, to say that its report is durable. */
export function confirmationOf({ transcript: _, ...item }: RedeemItem): ConfirmItem {
  return item;
}
