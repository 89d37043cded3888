import { setTimeout as sleep } from "node:timers/promises";
import { type Balance, balanceOf } from "../balance.ts";
import type { PipelineCounts, StoredCounts } from "../pipeline/pipeline-account.ts";
import type { RunningPipeline } from "../pipeline/running-pipeline.ts";

const POLL_MS = 100;
const DRAIN_WITHIN_MS = 30_000;

export interface Settled {
  readonly stored: StoredCounts;
  readonly counts: PipelineCounts;
  readonly balance: Balance;
}

/** Until the account balances: the sink has a backlog, and an interrupted population may have requests on their way still. */
export async function settle(
  pipeline: Pick<RunningPipeline, "account">,
  before: StoredCounts,
): Promise<Settled> {
  const end = performance.now() + DRAIN_WITHIN_MS;
  for (;;) {
    const stored = await pipeline.account.stored();
    const counts = await pipeline.account.counts();
    const balance = balanceOf(counts, stored, before);
    if (balance.balanced || performance.now() > end) return { stored, counts, balance };
    await sleep(POLL_MS);
  }
}
