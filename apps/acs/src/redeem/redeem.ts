import { setImmediate as nextTurn } from "node:timers/promises";
import { mac, token } from "@dit/crypto-core";
import type { RedeemResponse, RedeemResult, redeemRequestSchema } from "@dit/protocol/schemas";
import type { UseRequest, UseResult } from "@dit/storage";
import type { z } from "zod";
import type { AcsMetrics } from "../acs-metrics.ts";
import type { AcsContext } from "../context.ts";
import { coversEpoch, type KeyValidity } from "../keys/key-ring.ts";
import type { UseCaseRegistry, UseCaseStates } from "../use-cases/registry.ts";
import { isOpen } from "./epoch-is-open.ts";
import type { MacKeyCache } from "./mac-key-cache.ts";
import { tokenName, useOf } from "./use-of.ts";
import { createVerifyMac, type MacVerdict, type VerifyMac } from "./verify-mac.ts";

type RedeemItem = z.output<typeof redeemRequestSchema>["items"][number];
type RefusalCode = Extract<RedeemResult, { outcome: "refused" }>["code"];
/** A MAC that holds, and what it asks to be counted. */
type Verified = { readonly verdict: MacVerdict; readonly use: UseRequest };
/** Without a verdict where nothing depended on the MAC. */
type Refused = { readonly verdict?: MacVerdict; readonly refused: RefusalCode };
type Judged = Verified | Refused;

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
  readonly macKeys: MacKeyCache;
  readonly metrics: AcsMetrics;
}): Redeem {
  const { context, registry, metrics } = parts;
  const verifyMac = createVerifyMac(parts);
  return async (items) => {
    const states = await registry.current();
    const judged: Judged[] = [];
    let evaluations = 0;
    for (const item of items) {
      const each = judge(context, verifyMac, states, item);
      judged.push(each);
      if (each.verdict === undefined) continue;
      metrics.macKeys.inc({ outcome: each.verdict === "kept" ? "kept" : "derived" });
      if (each.verdict !== "kept" && ++evaluations % EVALUATIONS_PER_TURN === 0) await nextTurn();
    }
    const uses = judged.flatMap((each) => ("use" in each ? [each.use] : []));
    const counted = uses.length === 0 ? [] : await context.counters.use(uses);
    const results = answers(judged, counted);
    for (const result of results) count(metrics, result);
    return { results };
  };
}

function judge(context: AcsContext, verifyMac: VerifyMac, states: UseCaseStates, item: RedeemItem): Judged {
  const state = states.get(item.useCase);
  if (state === undefined) return { refused: "use_case_unavailable" };
  if (!state.document.enabled) return { refused: "use_case_disabled" };
  if (!isOpen(context, state, item.epoch)) return { refused: "epoch_expired" };
  const covers = (each: KeyValidity) => coversEpoch(each, item.epoch, state.document.epoch.seconds);
  if (state.unopened.some(covers)) return { refused: "dependency_unavailable" };
  const key = state.keys.find(covers);
  if (key === undefined || key.keyVersion !== item.keyVersion) return { refused: "credential_invalid" };
  const { epoch } = item;
  const name = tokenName(context, key, { epoch, token: token(item.token) });
  const verdict = verifyMac(key, { ...item, name });
  if (verdict === "refused") return { verdict, refused: "credential_invalid" };
  const use = useOf(context, state.document, key, { epoch, name, mac: mac(item.mac) });
  return { verdict, use: { ...use, limit: state.document.usesPerToken } };
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
