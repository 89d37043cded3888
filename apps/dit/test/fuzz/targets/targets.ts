import { type FuzzResult, type FuzzTarget, fuzz } from "../fuzz.ts";
import { credentialHeader } from "./credential-header.ts";
import { reportBodyTarget } from "./report-body.ts";
import { sealedBlob } from "./sealed-blob.ts";
import { issueBody, redeemBody } from "./service-bodies.ts";
import { storedIntent, storedReport } from "./stored-record.ts";
import { useCaseDocument } from "./use-case-document.ts";

export interface NamedTarget {
  readonly name: string;
  run(options: { readonly count: number; readonly seed: number }): Promise<FuzzResult>;
}

/** The parsers of requests. */
export const REQUEST_TARGETS: readonly NamedTarget[] = [
  named(credentialHeader),
  named(issueBody),
  named(redeemBody),
  named(reportBodyTarget),
];

/** The parsers of what is stored, or sealed. */
export const STORED_TARGETS: readonly NamedTarget[] = [
  named(useCaseDocument),
  named(storedReport),
  named(storedIntent),
  named(sealedBlob),
];

/** Each has inputs of its own type; a list of them all has none. */
function named<Input>(target: FuzzTarget<Input>) {
  return { name: target.name, run: (options: Parameters<typeof fuzz>[1]) => fuzz(target, options) };
}
