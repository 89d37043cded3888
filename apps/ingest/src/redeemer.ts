import type { RedeemRequest, RedeemResult } from "@dit/protocol/schemas";
import { type AcsClient, type OutageLog, ProblemError } from "@dit/service-kit";
import type { IngestLimits } from "./limits.ts";
import { BatchAnswerError, createMicroBatcher } from "./micro-batcher.ts";

export type RedeemItem = RedeemRequest["items"][number];

/** Asks ACS about one report's credential. */
export interface Redeemer {
  /**
   * Throws ProblemError `dependency_unavailable` if ACS gave no usable answer, whatever the reason: that ACS refuses this
   * service's secret, say, is no reason for a client to throw its reports away.
   */
  redeem(item: RedeemItem): Promise<RedeemResult>;
}

export function createRedeemer(options: {
  readonly acs: Pick<AcsClient, "redeem">;
  readonly limits: Pick<IngestLimits, "redeemMaxItems" | "redeemMaxWaitMs" | "redeemMaxConcurrentBatches">;
  readonly outage: OutageLog;
}): Redeemer {
  const { acs, limits, outage } = options;

  async function run(items: readonly RedeemItem[]): Promise<readonly RedeemResult[]> {
    try {
      const { results } = await acs.redeem({ items: [...items] });
      if (results.length !== items.length) throw new BatchAnswerError();
      outage.worked();
      return results;
    } catch (error) {
      outage.failed(error);
      throw new ProblemError("dependency_unavailable", { cause: error });
    }
  }

  const batcher = createMicroBatcher({
    maxItems: limits.redeemMaxItems,
    maxWaitMs: limits.redeemMaxWaitMs,
    maxConcurrentBatches: limits.redeemMaxConcurrentBatches,
    run,
  });
  return { redeem: (item) => batcher.submit(item) };
}
