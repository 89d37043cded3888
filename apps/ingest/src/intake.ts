import { reportIdOf } from "@dit/crypto-core";
import type { RedeemResult } from "@dit/protocol/schemas";
import {
  createAdmissions,
  createDependencyWatches,
  nowSeconds,
  type PresentedReport,
  ProblemError,
  readPresentedReport,
  type UseCaseVersion,
} from "@dit/service-kit";
import { acceptedReport } from "./accepted-report.ts";
import { createConfirmQueue } from "./confirm-queue.ts";
import type { IngestContext } from "./context.ts";
import { requireEdge } from "./edge-secret.ts";
import { coarseEventAge, createIngestMetrics, type IngestMetrics } from "./ingest-metrics.ts";
import { INGEST_LIMITS } from "./limits.ts";
import { nodeSha256 } from "./node-sha256.ts";
import { createRedeemer, type RedeemItem } from "./redeemer.ts";
import { confirmationOf, redemptionOf } from "./redemption.ts";
import { decodeReportBody } from "./report-body.ts";
import { createReportLog } from "./report-log.ts";
import { type CheckedReport, compileReportValidator, type ReportValidator } from "./report-validator.ts";
import { useCaseOf } from "./use-case-of.ts";

/** The way of a report from a request into the event log. */
export interface Intake {
  /** Resolves when everything of the report that is to be kept is durable. Throws ProblemError if it is refused. */
  take(request: Request, useCase: string): Promise<void>;
  /** Sends the confirmations that are still queued. Call it when no report is on its way any more. */
  stop(): Promise<void>;
}

export function createIntake(context: IngestContext): Intake {
  const { acs, directory, clock, config } = context;
  const limits = { ...INGEST_LIMITS, ...config.limits };
  const admission = createAdmissions(context)("report", {
    min: limits.minInFlightReports,
    max: limits.maxInFlightReports,
  });
  const metrics = createIngestMetrics(context.metrics, () => admission.inFlight);
  const watchDependency = createDependencyWatches(context);
  const acsWatch = watchDependency("acs");
  const redeemer = createRedeemer({ acs, limits, watch: acsWatch });
  const reportLog = createReportLog({
    eventLog: context.eventLog,
    timeoutMs: limits.appendTimeoutMs,
    watch: watchDependency("event_log"),
  });
  const confirmations = createConfirmQueue({
    acs,
    limits,
    watch: acsWatch,
    onConfirmed: (count) => metrics.confirmationsSent.inc(count),
    onLost: (count) => metrics.confirmationsLost.inc(count),
  });
  const validatorOf = createValidatorCache();

  async function redeem(item: RedeemItem): Promise<Exclude<RedeemResult, { outcome: "refused" }>> {
    const stopTimer = metrics.redeemSeconds.startTimer();
    const result = await redeemer.redeem(item);
    stopTimer();
    if (result.outcome === "refused") throw new ProblemError(result.code);
    return result;
  }

  /** Only now that the MAC was valid: until then a stranger could make ingest unpack and parse. The use is spent either way. */
  async function check(report: PresentedReport, entry: UseCaseVersion): Promise<CheckedReport> {
    const body = await decodeReportBody(report.body, report.contentEncoding);
    const checked = validatorOf(entry)(body, nowSeconds(clock));
    countDrops(metrics, entry.document.useCase, checked);
    return checked;
  }

  async function keep(request: Request, useCase: string): Promise<void> {
    const entry = useCaseOf(directory, useCase);
    const report = await readPresentedReport(request, limits.bodyTimeoutMs);
    const redemption = redemptionOf(report, { environment: config.environment, useCase });
    const { outcome } = await redeem(redemption);
    if (outcome === "confirmed") return metrics.reportsDuplicate.inc();
    const checked = await check(report, entry);
    if (checked.events.length === 0) return metrics.reportsEmpty.inc();

    const { epoch, token, mac } = report.credential;
    const reportId = reportIdOf(token, mac, nodeSha256);
    const mayRepeat = outcome === "repeated";
    const appendedBytes = await reportLog.append(
      reportId,
      acceptedReport({ entry, epoch, reportId, nowMs: clock.nowMs(), mayRepeat, checked }),
    );
    confirmations.add(confirmationOf(redemption));
    const attempt = mayRepeat ? "repeat" : "first";
    metrics.reportsAccepted.inc({ attempt });
    metrics.eventsAccepted.inc({ attempt }, checked.events.length);
    metrics.appendedBytes.inc(appendedBytes);
    metrics.newestEventAge.observe(coarseEventAge(nowSeconds(clock) - newestTime(checked)));
  }

  async function take(request: Request, useCase: string): Promise<void> {
    try {
      requireEdge(request, config.edgeSecret);
      await admission.pass(() => keep(request, useCase));
    } catch (error) {
      metrics.reportsRejected.inc({ code: error instanceof ProblemError ? error.code : "internal_error" });
      throw error;
    }
  }

  return { take, stop: () => confirmations.stop() };
}

/** Keyed by the entry itself: the directory holds one object a version, and drops it with the version. */
function createValidatorCache(): (entry: UseCaseVersion) => ReportValidator {
  const validators = new WeakMap<UseCaseVersion, ReportValidator>();
  return (entry) => {
    const known = validators.get(entry);
    if (known) return known;
    const compiled = compileReportValidator(entry.document, entry.blockedFields);
    validators.set(entry, compiled);
    return compiled;
  };
}

/** In unix seconds, as coarse as its use case wants it. */
function newestTime({ events }: CheckedReport): number {
  return events.reduce((newest, { at }) => Math.max(newest, at), 0);
}

function countDrops(metrics: IngestMetrics, useCase: string, checked: CheckedReport): void {
  for (const [reason, count] of Object.entries(checked.droppedEvents)) {
    if (count > 0) metrics.eventsDropped.inc({ use_case: useCase, reason }, count);
  }
  if (checked.droppedFieldCount > 0)
    metrics.fieldsDropped.inc({ use_case: useCase }, checked.droppedFieldCount);
  if (checked.blockedFieldCount > 0)
    metrics.fieldsBlocked.inc({ use_case: useCase }, checked.blockedFieldCount);
}
