import type { RedeemRequest, RedeemResult } from "@dit/protocol/schemas";
import { type AcsClient, type DependencyWatch, ProblemError } from "@dit/service-kit";
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
  readonly watch: DependencyWatch;
}): Redeemer {
  const { acs, limits, watch } = options;

  async function run(items: readonly RedeemItem[]): Promise<readonly RedeemResult[]> {
    const ask = async () => {
      const { results } = await acs.redeem({ items: [...items] });
      if (results.length !== items.length) throw new BatchAnswerError();
      return results;
    };
    return await watch.run("redeem", ask).catch((cause: unknown) => {
      throw new ProblemError("dependency_unavailable", { cause });
    });
  }

  const batcher = createMicroBatcher({
    maxItems: limits.redeemMaxItems,
    maxWaitMs: limits.redeemMaxWaitMs,
    maxConcurrentBatches: limits.redeemMaxConcurrentBatches,
    run,
  });
  return { redeem: (item) => batcher.submit(item) };
}
