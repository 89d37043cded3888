import type { ReportId } from "@dit/crypto-core";
import { type AcceptedReport, REPORTS_TOPIC } from "@dit/protocol";
import { type OutageLog, ProblemError, withDeadline } from "@dit/service-kit";
import type { EventLog } from "@dit/storage";

/** The event log, as far as ingest uses it. */
export interface ReportLog {
  /**
   * Resolves once the report is durable. Throws ProblemError `dependency_unavailable` otherwise; the report may be in the log
   * even so, which is why a retry of it is marked `mayRepeat`.
   */
  append(reportId: ReportId, report: AcceptedReport): Promise<void>;
}

export function createReportLog(options: {
  readonly eventLog: Pick<EventLog, "append">;
  readonly timeoutMs: number;
  readonly outage: OutageLog;
}): ReportLog {
  const { eventLog, timeoutMs, outage } = options;
  return {
    async append(reportId, report) {
      const record = { key: reportId, value: Buffer.from(JSON.stringify(report)) };
      try {
        await withDeadline(eventLog.append(REPORTS_TOPIC, [record]), timeoutMs, () => new DeadlineError());
        outage.worked();
      } catch (error) {
        outage.failed(error);
        throw new ProblemError("dependency_unavailable", { cause: error });
      }
    },
  };
}

/** The log took too long: whether the report is in it is not known. */
class DeadlineError extends Error {
  override readonly name = "DeadlineError";
}
