import type { FieldDecision, FieldPolicy } from "@dit/protocol/schemas";
import { MAX_OVERRIDE_SECONDS } from "@dit/protocol/schemas";

type Place = Pick<FieldDecision, "event" | "field">;

/** The policy after a decision; the same object if it changes nothing. Throws RangeError for an override that is over
 * or too long, and for a field to clear that is still collected. */
export function decideField(policy: FieldPolicy, decision: FieldDecision, nowSeconds: number): FieldPolicy {
  const { event, field, by, reason } = decision;
  const entry = { event, field, by, reason, sinceSeconds: nowSeconds };
  switch (decision.decision) {
    case "block":
      // Who blocked it first, and why, stays: the monitor says it again at every run.
      if (policy.blocks.some((block) => isAt(block, decision))) return policy;
      return { ...policy, blocks: [...policy.blocks, entry] };
    case "unblock":
      if (!policy.blocks.some((block) => isAt(block, decision))) return policy;
      return {
        ...policy,
        blocks: policy.blocks.filter((block) => !isAt(block, decision)),
        overrides: policy.overrides.filter((override) => !isAt(override, decision)),
      };
    case "clear":
      // New values would be where the old ones were.
      if (!policy.blocks.some((block) => isAt(block, decision)))
        throw new RangeError("only a blocked field is cleared");
      return { ...policy, clearings: [...policy.clearings.filter((each) => !isAt(each, decision)), entry] };
    case "override": {
      const { untilSeconds } = decision;
      if (untilSeconds <= nowSeconds || untilSeconds > nowSeconds + MAX_OVERRIDE_SECONDS) {
        throw new RangeError("an override ends in the future, and not too far in it");
      }
      const others = policy.overrides.filter((override) => !isAt(override, decision));
      return { ...policy, overrides: [...others, { ...entry, untilSeconds }] };
    }
  }
}

/** Without the overrides whose time is over. */
export function expireOverrides(policy: FieldPolicy, nowSeconds: number): FieldPolicy {
  const overrides = policy.overrides.filter(({ untilSeconds }) => nowSeconds < untilSeconds);
  return overrides.length === policy.overrides.length ? policy : { ...policy, overrides };
}

function isAt(entry: Place, { event, field }: Place): boolean {
  return entry.event === event && entry.field === field;
}
