import { availableParallelism } from "node:os";
import { CryptoError, concat, type Element, type EvaluatedBatch, proof } from "@dit/crypto-core";
import type { BoundKey, LibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { errorReason, type Logger, ProblemError } from "@dit/service-kit";
import { Piscina } from "piscina";
import type { LiveKey } from "../keys/live-key.ts";
import { ELEMENT_BYTES, elementsIn, type IssueAnswer, type IssueTask } from "./issue-task.ts";

export interface IssueBatch {
  readonly key: LiveKey;
  readonly epoch: number;
  readonly blinded: readonly Element[];
}

/** Threads that evaluate batches, so that this one goes on answering: a batch of 32 takes about 15 ms. */
export interface IssuePool {
  /**
   * One call a batch. Rejects with CryptoError as `blindEvaluateBatch` does, with ProblemError `overloaded` if too many wait, and
   * `dependency_unavailable` if the thread is lost; another takes its place.
   */
  evaluate(batch: IssueBatch): Promise<EvaluatedBatch>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

export interface IssuePoolOptions {
  readonly poprf: Pick<LibsodiumPoprf, "bind">;
  readonly logger: Logger;
  readonly threads: number;
  readonly maxQueued?: number;
  /** What the threads run. */
  readonly worker?: URL;
}

export const DEFAULT_ISSUE_MAX_QUEUED = 64;
const WORKER = new URL("./issue-worker.ts", import.meta.url);

export function createIssuePool(options: IssuePoolOptions): IssuePool {
  const { poprf, logger, threads, maxQueued = DEFAULT_ISSUE_MAX_QUEUED, worker = WORKER } = options;
  let inFlight = 0;
  const pool = new Piscina<IssueTask, IssueAnswer>({
    filename: worker.href,
    name: "evaluateBatch",
    minThreads: threads,
    maxThreads: threads,
  });
  // A thread that is lost while it does nothing. Without a listener it would end the process.
  pool.on("error", (error) => logger.error("issue_thread.lost", { reason: errorReason(error) }));
  const ask = async (task: IssueTask) => {
    try {
      return await pool.run(task);
    } catch (cause) {
      logger.error("issue_thread.failed", { reason: errorReason(cause) });
      throw new ProblemError("dependency_unavailable", { cause });
    }
  };
  return {
    async evaluate({ key, epoch, blinded }) {
      if (inFlight >= threads + maxQueued) throw new ProblemError("overloaded", { retryAfterSeconds: 1 });
      inFlight++;
      try {
        const epochKey = key.forEpoch(epoch);
        epochKey.sharedKey ??= inSharedMemory(poprf.bind(key.secretKey, epochKey.info));
        const answer = await ask({ boundKey: epochKey.sharedKey, blinded: concat(...blinded) });
        if ("refused" in answer) throw new CryptoError(answer.refused);
        return { evaluated: elementsIn(answer.evaluated), proof: proof(answer.proof) };
      } finally {
        inFlight--;
      }
    },
    close: () => pool.close(),
  };
}

/** As the configuration says; where it does not, one thread less than there are cores, but one at least: it is there for the others' sake. */
export function openIssuePool(
  options: Pick<IssuePoolOptions, "poprf" | "logger"> & {
    readonly config: { readonly issueThreads?: number | undefined; readonly issueMaxQueued: number };
  },
): IssuePool | undefined {
  const { config, ...rest } = options;
  const threads = config.issueThreads ?? Math.max(1, availableParallelism() - 1);
  return threads === 0 ? undefined : createIssuePool({ ...rest, threads, maxQueued: config.issueMaxQueued });
}

/** Shared, not sent: what is sent is copied, and copies cannot be overwritten. */
function inSharedMemory({ t, inverse, tweakedKey }: BoundKey): Uint8Array {
  const parts = [t, inverse, tweakedKey];
  const shared = new Uint8Array(new SharedArrayBuffer(parts.length * ELEMENT_BYTES));
  for (const [n, part] of parts.entries()) shared.set(part, n * ELEMENT_BYTES);
  return shared;
}
