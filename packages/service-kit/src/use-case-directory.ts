import type { BlockedFields } from "@dit/protocol";
import type { UseCase, UseCaseList } from "@dit/protocol/schemas";
import type { AcsClient } from "./acs-client.ts";
import { type Clock, systemClock } from "./clock.ts";
import { errorReason } from "./error-reason.ts";
import type { Logger } from "./logger.ts";
import { ProblemError } from "./problem-error.ts";
import { createTicker } from "./ticker.ts";

export interface UseCaseVersion {
  /** Raised by every change of the document and of what is blocked. */
  readonly version: number;
  readonly document: UseCase;
  readonly blockedFields: BlockedFields;
}

/** The use cases as ACS has them, at most a poll old. While ACS is away, the last ones known stay in force. */
export interface UseCaseDirectory {
  /** The environment that ACS serves. Throws before the first load. */
  readonly environment: string;
  get(useCase: string): UseCaseVersion | undefined;
  all(): readonly UseCaseVersion[];
  /** Calls after every change; the answer ends it. */
  onChange(listener: () => void): () => void;
  /** Asks ACS now. Rejects with ProblemError. */
  refresh(): Promise<void>;
  /** The first load must succeed; later ones are retried at every poll. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Rejects (code `stale`) if ACS has not answered for a while. */
  check(): Promise<void>;
}

const DEFAULT_POLL_MS = 2000;
/** Polls that may fail before the directory calls itself stale, and the least time that takes. */
const STALE_POLLS = 5;
const MIN_STALE_MS = 10_000;

class StaleError extends Error {
  override readonly name = "StaleError";
  readonly code = "stale";
}

export function createUseCaseDirectory(options: {
  readonly acs: Pick<AcsClient, "listUseCases">;
  readonly logger: Logger;
  readonly pollMs?: number;
  readonly clock?: Clock;
}): UseCaseDirectory {
  const { acs, logger, pollMs = DEFAULT_POLL_MS, clock = systemClock } = options;
  const listeners = new Set<() => void>();
  let useCases: ReadonlyMap<string, UseCaseVersion> = new Map();
  let known: { readonly environment: string; readonly etag: string } | undefined;
  let answeredAtMs = Number.NEGATIVE_INFINITY;
  let refreshing: Promise<void> | undefined;

  const accept = (etag: string, list: UseCaseList): void => {
    // Credentials are bound to the environment: another one means another ACS, never news from this one.
    if (known !== undefined && known.environment !== list.environment) {
      throw new ProblemError("dependency_unavailable", { detail: "ACS serves another environment now" });
    }
    known = { environment: list.environment, etag };
    useCases = new Map(list.useCases.map((entry) => [entry.document.useCase, entry]));
    logger.info("use_cases.changed", { count: useCases.size });
    for (const listener of listeners) notify(listener, logger);
  };
  const load = async (): Promise<void> => {
    const answer = await acs.listUseCases(known?.etag);
    if (answer !== "unchanged") accept(answer.etag, answer.list);
    answeredAtMs = clock.nowMs();
  };
  const refresh = (): Promise<void> => {
    refreshing ??= load().finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  };
  const ticker = createTicker({
    intervalMs: pollMs,
    jitterShare: 0.1,
    run: refresh,
    onError: (error) => logger.warn("use_cases.refresh_failed", { reason: errorReason(error) }),
  });
  return {
    get environment() {
      if (known === undefined) throw new Error("the use cases are not loaded yet");
      return known.environment;
    },
    get: (useCase) => useCases.get(useCase),
    all: () => [...useCases.values()],
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    refresh,
    async start() {
      await refresh();
      ticker.start();
    },
    stop: () => ticker.stop(),
    async check() {
      const staleMs = Math.max(MIN_STALE_MS, STALE_POLLS * pollMs);
      if (clock.nowMs() - answeredAtMs > staleMs) throw new StaleError("ACS has not answered for a while");
    },
  };
}

/** One listener's mistake must keep neither the others nor the directory from the news. */
function notify(listener: () => void, logger: Logger): void {
  try {
    listener();
  } catch (error) {
    logger.error("use_cases.listener_failed", { reason: errorReason(error) });
  }
}
