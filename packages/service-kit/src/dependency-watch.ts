import { errorReason } from "./error-reason.ts";
import { LATENCY_BUCKETS_SECONDS } from "./latency-buckets.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import { createOutageLog } from "./outage-log.ts";

/**
 * Something that a service cannot work without, as its user sees it: how long each operation takes, which failed and why. An
 * outage is logged when it begins and when it ends, not for every request that it refuses.
 */
export interface DependencyWatch {
  /** Runs one operation, whose name stands in the source, and throws what it throws. */
  run<T>(operation: string, work: () => Promise<T>): Promise<T>;
}

/** `isFault`: whether an error is the dependency's, and not an answer that was to be expected of it. */
export type WatchDependency = (dependency: string, isFault?: (error: unknown) => boolean) => DependencyWatch;

/** Once for a service: its dependencies share the metrics. */
export function createDependencyWatches(options: {
  readonly logger: Logger;
  readonly metrics: Metrics;
}): WatchDependency {
  const { logger } = options;
  const metrics = createDependencyMetrics(options.metrics);
  return (dependency, isFault = () => true) => {
    const timers = new Map<string, (seconds: number) => void>();
    const outage = createOutageLog(logger, dependency);
    const observe = (operation: string, startedMs: number) => {
      const timer = timers.get(operation) ?? metrics.seconds.labels(dependency, operation).observe;
      timers.set(operation, timer);
      timer((performance.now() - startedMs) / 1000);
    };
    const failed = (error: unknown) => {
      metrics.failures.inc({ dependency, reason: errorReason(error) });
      outage.failed(error);
    };
    return {
      async run(operation, work) {
        const startedMs = performance.now();
        try {
          const result = await work();
          outage.worked();
          return result;
        } catch (error) {
          if (isFault(error)) failed(error);
          else outage.worked();
          throw error;
        } finally {
          observe(operation, startedMs);
        }
      },
    };
  };
}

function createDependencyMetrics(metrics: Metrics) {
  return {
    seconds: metrics.histogram(
      "dependency_seconds",
      "Duration of one operation of a store or service that this one depends on, failed ones included",
      LATENCY_BUCKETS_SECONDS,
      ["dependency", "operation"],
    ),
    failures: metrics.counter(
      "dependency_failures_total",
      "Operations of a store or service that failed, by reason",
      ["dependency", "reason"],
    ),
  };
}
