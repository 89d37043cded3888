import { type ReportId, toHex } from "@dit/crypto-core";
import type { AcceptedReport } from "@dit/protocol";
import { type UseCaseVersion, utcDay } from "@dit/service-kit";
import type { CheckedReport } from "./report-validator.ts";

/** What is appended to the event log for a report. Everything else about it ends here. */
export function acceptedReport(args: {
  readonly entry: UseCaseVersion;
  readonly epoch: number;
  readonly reportId: ReportId;
  readonly nowMs: number;
  readonly mayRepeat: boolean;
  readonly checked: CheckedReport;
}): AcceptedReport {
  const { document, version } = args.entry;
  return {
    useCase: document.useCase,
    schemaVersion: version,
    epoch: args.epoch,
    epochSeconds: document.epoch.seconds,
    reportId: toHex(args.reportId),
    ingestDay: utcDay(args.nowMs),
    mayRepeat: args.mayRepeat,
    pseudonym: args.checked.pseudonym,
    events: args.checked.events,
  };
}
