import type { Metrics } from "@dit/service-kit";

/** Uses of the token so far, this one included, when a use is counted: how large the groups of linkable reports become. */
const USES_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** What ACS counts. Labels are codes and use-case ids only; use cases are as few as their documents. */
export function createAcsMetrics(metrics: Metrics) {
  return {
    issuances: metrics.counter("issuances_total", "Requests for tokens by outcome: issued, or the code", [
      "code",
    ]),
    tokensIssued: metrics.counter("tokens_issued_total", "Tokens issued", ["use_case"]),
    quotaRefusals: metrics.counter(
      "quota_refusals_total",
      "Requests for more tokens than the account has left",
      ["use_case"],
    ),
    redemptions: metrics.counter("redemptions_total", "Redemptions by outcome, or the code of the refusal", [
      "outcome",
    ]),
    tokenUses: metrics.histogram(
      "token_uses",
      "Uses of a token so far when a use of it is counted",
      USES_BUCKETS,
    ),
    macKeys: metrics.counter(
      "mac_keys_total",
      "Where the key of a redemption's MAC came from: kept (a hash has settled it), or derived (it cost an evaluation)",
      ["outcome"],
    ),
    macKeyEvictions: metrics.counter(
      "mac_key_evictions_total",
      "Kept MAC keys overwritten for want of room: their tokens cost an evaluation again",
    ),
    macKeysKept: metrics.gauge("mac_keys", "MAC keys that are kept now"),
    confirmations: metrics.counter("confirmations_total", "Uses said to be durable"),
    keyAge: metrics.gauge("key_age_seconds", "Age of the primary key that issues now", ["use_case"]),
    keyTimeLeft: metrics.gauge("key_time_left_seconds", "Time until the next primary key issues", [
      "use_case",
    ]),
    liveKeys: metrics.gauge("live_keys", "Primary keys whose secret exists", ["use_case"]),
    unopenedKeys: metrics.gauge("unopened_keys", "Primary keys that are there and cannot be opened", [
      "use_case",
    ]),
    compromiseSuspected: metrics.counter(
      "key_compromise_suspected_total",
      "A key and a public info cancelled out: assume that the key is known, and rotate it",
      ["use_case"],
    ),
    rotationFailures: metrics.counter(
      "rotation_failures_total",
      "Use cases whose keys could not be advanced",
    ),
    rotationSucceeded: metrics.gauge(
      "rotation_success_timestamp_seconds",
      "When the rotation job last came to its end: keys, epochs and counters are looked after",
    ),
  };
}

export type AcsMetrics = ReturnType<typeof createAcsMetrics>;
