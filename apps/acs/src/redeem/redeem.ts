import { setImmediate as nextTurn } from "node:timers/promises";
import {
  CryptoError,
  epochStartSeconds,
  isRedeemable,
  mac,
  token,
  transcriptDigestBytes,
  verifyReportMac,
} from "@dit/crypto-core";
import type { RedeemResponse, RedeemResult, redeemRequestSchema } from "@dit/protocol/schemas";
import { nowSeconds } from "@dit/service-kit";
import type { UseRequest, UseResult } from "@dit/storage";
import type { z } from "zod";
import type { AcsMetrics } from "../acs-metrics.ts";
import type { AcsContext } from "../context.ts";
import { coversEpoch, type KeyValidity } from "../keys/key-ring.ts";
import type { LiveKey } from "../keys/live-key.ts";
import { reportCompromise } from "../keys/report-compromise.ts";
import type { UseCaseRegistry, UseCaseState, UseCaseStates } from "../use-cases/registry.ts";
import { macKeyFor } from "./mac-key-for.ts";
import { useOf } from "./use-of.ts";

type RedeemItem = z.output<typeof redeemRequestSchema>["items"][number];
type RefusalCode = Extract<RedeemResult, { outcome: "refused" }>["code"];
/** A MAC that holds, and what it asks to be counted. */
type Verified = { readonly use: UseRequest };
type Judged = Verified | { readonly refused: RefusalCode };

export type Redeem = (items: readonly RedeemItem[]) => Promise<RedeemResponse>;

/** About a millisecond and a half of evaluations; then others get their turn. */
const EVALUATIONS_PER_TURN = 16;

/**
 * Verifies every MAC, and only then counts, all in one go: any 32 bytes evaluate to something, and counting first would
 * let a stranger use up tokens and fill the store.
 */
export function createRedeem(parts: {
  readonly context: AcsContext;
  readonly registry: UseCaseRegistry;
  readonly metrics: AcsMetrics;
}): Redeem {
  const { context, registry, metrics } = parts;
  return async (items) => {
    const states = await registry.current();
    const judged: Judged[] = [];
    for (const item of items) {
      if (judged.length > 0 && judged.length % EVALUATIONS_PER_TURN === 0) await nextTurn();
      judged.push(judge(context, metrics, states, item));
    }
    const uses = judged.flatMap((each) => ("use" in each ? [each.use] : []));
    const counted = uses.length === 0 ? [] : await context.counters.use(uses);
    const results = answers(judged, counted);
    for (const result of results) count(metrics, result);
    return { results };
  };
}

function judge(context: AcsContext, metrics: AcsMetrics, states: UseCaseStates, item: RedeemItem): Judged {
  const state = states.get(item.useCase);
  if (state === undefined) return { refused: "use_case_unavailable" };
  if (!state.document.enabled) return { refused: "use_case_disabled" };
  if (!isOpen(context, state, item.epoch)) return { refused: "epoch_expired" };
  const covers = (each: KeyValidity) => coversEpoch(each, item.epoch, state.document.epoch.seconds);
  if (state.unopened.some(covers)) return { refused: "dependency_unavailable" };
  const key = state.keys.find(covers);
  if (key === undefined || key.keyVersion !== item.keyVersion || !isMacValid(context, metrics, key, item)) {
    return { refused: "credential_invalid" };
  }
  const credential = { epoch: item.epoch, token: token(item.token), mac: mac(item.mac) };
  return { use: { ...useOf(state.document, key, credential), limit: state.document.usesPerToken } };
}

function isOpen(
  { clock }: AcsContext,
  { document, closedBeforeSeconds }: UseCaseState,
  epoch: number,
): boolean {
  const { seconds: epochSeconds, graceSeconds } = document.epoch;
  return (
    epochStartSeconds(epoch, epochSeconds) >= closedBeforeSeconds &&
    isRedeemable({ epoch, epochSeconds, graceSeconds, nowSeconds: nowSeconds(clock) })
  );
}

function isMacValid(context: AcsContext, metrics: AcsMetrics, key: LiveKey, item: RedeemItem): boolean {
  try {
    const macKey = macKeyFor(context, key, item.epoch, token(item.token));
    return verifyReportMac(macKey, transcriptDigestBytes(item.transcript), item.mac);
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    if (error.code === "inverse") reportCompromise(context, metrics, item.useCase, key.keyVersion);
    // A stranger learns nothing about what went wrong.
    return false;
  }
}

function answers(judged: readonly Judged[], counted: readonly UseResult[]): RedeemResult[] {
  const rest = counted.values();
  return judged.map((each): RedeemResult => {
    if ("refused" in each) return { outcome: "refused", code: each.refused };
    const { value } = rest.next();
    if (value === undefined) throw new Error("the counters answered fewer uses than were asked");
    const { outcome, uses } = value;
    if (outcome === "exhausted") return { outcome: "refused", code: "token_exhausted" };
    return { outcome, uses, limit: each.use.limit };
  });
}

function count(metrics: AcsMetrics, result: RedeemResult): void {
  metrics.redemptions.inc({ outcome: result.outcome === "refused" ? result.code : result.outcome });
  if (result.outcome === "reserved") metrics.tokenUses.observe(result.uses);
}
