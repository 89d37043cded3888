import { setTimeout as delay } from "node:timers/promises";
import type { ConfirmRequest } from "@dit/protocol/schemas";
import { type AcsClient, type DependencyWatch, ProblemError } from "@dit/service-kit";
import type { IngestLimits } from "./limits.ts";

export type ConfirmItem = ConfirmRequest["items"][number];

/**
 * Tells ACS, behind the clients' backs, which reports are durable. A confirmation that gets lost costs one look-up in the
 * sink if its report is ever sent again, and nothing else; so the queue is bounded and lives in memory.
 */
export interface ConfirmQueue {
  add(item: ConfirmItem): void;
  /** Sends what is queued without further waits; the first failure gives the rest up. */
  stop(): Promise<void>;
}

export function createConfirmQueue(options: {
  readonly acs: Pick<AcsClient, "confirm">;
  readonly limits: Pick<
    IngestLimits,
    | "confirmMaxItems"
    | "confirmMaxWaitMs"
    | "confirmMaxQueued"
    | "confirmBaseBackoffMs"
    | "confirmMaxBackoffMs"
  >;
  readonly watch: DependencyWatch;
  readonly onConfirmed: (count: number) => void;
  readonly onLost: (count: number) => void;
  /** In [0, 1). */
  readonly random?: () => number;
}): ConfirmQueue {
  const { acs, limits, watch, onConfirmed, onLost, random = Math.random } = options;
  const stopping = new AbortController();
  let queue: ConfirmItem[] = [];
  let sending: Promise<void> | undefined;

  function start(): void {
    if (sending !== undefined || queue.length === 0) return;
    sending = sendAll().then(() => {
      sending = undefined;
      if (!stopping.signal.aborted) start();
    });
  }

  async function sendAll(): Promise<void> {
    let failureCount = 0;
    await pause(limits.confirmMaxWaitMs);
    while (queue.length > 0) {
      const batch = queue.slice(0, limits.confirmMaxItems);
      queue = queue.slice(batch.length);
      if (await sent(batch)) {
        failureCount = 0;
        continue;
      }
      if (stopping.signal.aborted) return giveUp(batch);
      keep([...batch, ...queue]);
      await pause(backoffMs(failureCount++));
    }
  }

  /** True also for a batch that ACS will never take: to send it again would keep all others waiting for ever. */
  async function sent(items: ConfirmItem[]): Promise<boolean> {
    try {
      await watch.run("confirm", () => acs.confirm({ items }));
      onConfirmed(items.length);
      return true;
    } catch (error) {
      const isRefused = error instanceof ProblemError && error.code === "malformed_request";
      if (isRefused) onLost(items.length);
      return isRefused;
    }
  }

  function keep(items: ConfirmItem[]): void {
    const excess = Math.max(0, items.length - limits.confirmMaxQueued);
    if (excess > 0) onLost(excess);
    queue = excess > 0 ? items.slice(excess) : items;
  }

  function giveUp(batch: readonly ConfirmItem[]): void {
    onLost(batch.length + queue.length);
    queue = [];
  }

  /** Full jitter: instances that lost ACS together do not come back together. */
  function backoffMs(failureCount: number): number {
    return random() * Math.min(limits.confirmMaxBackoffMs, limits.confirmBaseBackoffMs * 2 ** failureCount);
  }

  async function pause(waitMs: number): Promise<void> {
    await delay(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
  }

  return {
    add(item) {
      queue.push(item);
      // A batch over the bound before the oldest go, so that an outage does not copy the queue for every report.
      if (queue.length >= limits.confirmMaxQueued + limits.confirmMaxItems) keep(queue);
      start();
    },
    async stop() {
      stopping.abort();
      await sending;
      start();
      await sending;
    },
  };
}
