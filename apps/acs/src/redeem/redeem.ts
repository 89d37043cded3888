import { setImmediate as nextTurn } from "node:timers/promises";
import { mac, token } from "@dit/crypto-core";
import type { RedeemResponse, RedeemResult, redeemRequestSchema } from "@dit/protocol/schemas";
import type { UseRequest, UseResult } from "@dit/storage";
import type { z } from "zod";
import type { AcsMetrics } from "../acs-metrics.ts";
import type { AcsContext } from "../context.ts";
import type { UseCaseRegistry } from "../use-cases/registry.ts";
import { type CounterNames, createCounterNames } from "./counter-names.ts";
import { createFindKey, type FindKey, type RefusalCode } from "./find-key.ts";
import type { MacKeyCache } from "./mac-key-cache.ts";
import { createVerifyMac, type MacVerdict, type VerifyMac } from "./verify-mac.ts";

type RedeemItem = z.output<typeof redeemRequestSchema>["items"][number];
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
  const names = createCounterNames();
  const verifyMac = createVerifyMac(parts);
  return async (items) => {
    const findKey = createFindKey(context, await registry.current());
    const judged: Judged[] = [];
    const uses: UseRequest[] = [];
    let kept = 0;
    let derived = 0;
    for (const item of items) {
      const each = judge(findKey, names, verifyMac, item);
      judged.push(each);
      if ("use" in each) uses.push(each.use);
      if (each.verdict === "kept") kept++;
      else if (each.verdict !== undefined && ++derived % EVALUATIONS_PER_TURN === 0) await nextTurn();
    }
    if (kept > 0) metrics.macKeys.inc({ outcome: "kept" }, kept);
    if (derived > 0) metrics.macKeys.inc({ outcome: "derived" }, derived);
    const counted = uses.length === 0 ? [] : await context.counters.use(uses);
    const results = answers(judged, counted);
    count(metrics, results);
    return { results };
  };
}

function judge(findKey: FindKey, names: CounterNames, verifyMac: VerifyMac, item: RedeemItem): Judged {
  const found = findKey(item);
  if (typeof found === "string") return { refused: found };
  const { key, usesPerToken, expiresAtSeconds } = found;
  // Asked for each item: a key that is forgotten meanwhile is overwritten.
  const epochKey = key.forEpoch(item.epoch);
  const name = names.tokenName(epochKey, token(item.token));
  const verdict = verifyMac(key, name, item);
  if (verdict === "refused") return { verdict, refused: "credential_invalid" };
  const member = names.memberOf(epochKey, mac(item.mac));
  return { verdict, use: { key: name, member, limit: usesPerToken, expiresAtSeconds } };
}

function answers(judged: readonly Judged[], counted: readonly UseResult[]): RedeemResult[] {
  let next = 0;
  return judged.map((each): RedeemResult => {
    if ("refused" in each) return { outcome: "refused", code: each.refused };
    const result = counted[next++];
    if (result === undefined) throw new Error("the counters answered fewer uses than were asked");
    const { outcome, uses } = result;
    if (outcome === "exhausted") return { outcome: "refused", code: "token_exhausted" };
    return { outcome, uses, limit: each.use.limit };
  });
}

function count(metrics: AcsMetrics, results: readonly RedeemResult[]): void {
  const counts = new Map<string, number>();
  for (const result of results) {
    const outcome = result.outcome === "refused" ? result.code : result.outcome;
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    if (result.outcome === "reserved") metrics.tokenUses.observe(result.uses);
  }
  for (const [outcome, times] of counts) metrics.redemptions.inc({ outcome }, times);
}
