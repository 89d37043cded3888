import { type ConcurrencyBounds, createConcurrencyLimit } from "./concurrency-limit.ts";
import type { Metrics } from "./metrics.ts";
import { ProblemError } from "./problem-error.ts";

/** Bounds how many requests of one kind are worked on at once, and with them every queue and buffer behind it. */
export interface Admission {
  /** Throws ProblemError `overloaded` if there is no room now. Asked before a body is read, so that a refusal costs next to nothing. */
  requireRoom(): void;
  /** Throws ProblemError `overloaded` at once if there is no room: waiting outside would be one more queue. */
  pass<T>(work: () => Promise<T>): Promise<T>;
  readonly inFlight: number;
}

export type CreateAdmission = (operation: string, bounds: ConcurrencyBounds) => Admission;

/** A client adds its own growing and random wait to it. */
const RETRY_AFTER_SECONDS = 1;

/** Once for a service: its admissions share the metrics. `monotonicMs` never goes back. */
export function createAdmissions(options: {
  readonly metrics: Metrics;
  readonly monotonicMs?: () => number;
}): CreateAdmission {
  const { monotonicMs = () => performance.now() } = options;
  const metrics = createAdmissionMetrics(options.metrics);
  return (operation, bounds) => {
    const limit = createConcurrencyLimit(bounds);
    // Made once: its stack trace would be a quarter of what a refusal costs.
    const refusal = new ProblemError("overloaded", { retryAfterSeconds: RETRY_AFTER_SECONDS });
    let inFlight = 0;
    const requireRoom = (): void => {
      if (inFlight < limit.current) return;
      metrics.shed.inc({ operation, reason: limit.current < bounds.max ? "queueing" : "maximum" });
      throw refusal;
    };
    metrics.limit.set({ operation }, limit.current);
    return {
      get inFlight() {
        return inFlight;
      },
      requireRoom,
      async pass(work) {
        requireRoom();
        inFlight++;
        const startedMs = monotonicMs();
        try {
          const result = await work();
          // What failed may have failed fast, and says nothing about how long work takes.
          const nowMs = monotonicMs();
          limit.observe({ latencyMs: nowMs - startedMs, inFlight, nowMs });
          metrics.limit.set({ operation }, limit.current);
          return result;
        } finally {
          inFlight--;
        }
      },
    };
  };
}

function createAdmissionMetrics(metrics: Metrics) {
  return {
    shed: metrics.counter(
      "requests_shed_total",
      "Requests refused before any work was done; reason=queueing: more would only wait, maximum: as many as there may ever be",
      ["operation", "reason"],
    ),
    limit: metrics.gauge(
      "in_flight_limit",
      "Requests that are worked on at once at most, as it is now: found out by how long they take",
      ["operation"],
    ),
  };
}
