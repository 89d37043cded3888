import type { ReportId } from "@dit/crypto-core";
import { type AcceptedReport, REPORTS_TOPIC } from "@dit/protocol";
import { type DependencyWatch, ProblemError, withDeadline } from "@dit/service-kit";
import type { EventLog } from "@dit/storage";

/** The event log, as far as ingest uses it. */
export interface ReportLog {
  /**
   * Resolves once the report is durable, to its size in bytes. Throws ProblemError `dependency_unavailable` otherwise; the report may be in the log
   * even so, which is why a retry of it is marked `mayRepeat`.
   */
  append(reportId: ReportId, report: AcceptedReport): Promise<number>;
}

export function createReportLog(options: {
  readonly eventLog: Pick<EventLog, "append">;
  readonly timeoutMs: number;
  readonly watch: DependencyWatch;
}): ReportLog {
  const { eventLog, timeoutMs, watch } = options;
  return {
    async append(reportId, report) {
      const value = Buffer.from(JSON.stringify(report));
      const append = () => eventLog.append(REPORTS_TOPIC, [{ key: reportId, value }]);
      const late = () => new DeadlineError();
      await watch
        .run("append", () => withDeadline(append(), timeoutMs, late))
        .catch((cause: unknown) => {
          throw new ProblemError("dependency_unavailable", { cause });
        });
      return value.length;
    },
  };
}

/** The log took too long: whether the report is in it is not known. */
class DeadlineError extends Error {
  override readonly name = "DeadlineError";
}
