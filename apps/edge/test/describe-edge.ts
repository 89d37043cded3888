import { describeAnswers } from "./describe-answers.ts";
import { describeForwarding } from "./describe-forwarding.ts";
import { describeLimits } from "./describe-limits.ts";
import type { StartEdge } from "./edge-under-test.ts";

/** What every edge promises, and no more: each says beside it what it does beyond. */
export function describeEdge(startEdge: StartEdge): void {
  describeForwarding(startEdge);
  describeAnswers(startEdge);
  describeLimits(startEdge);
}
