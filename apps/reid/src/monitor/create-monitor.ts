import { errorReason, nowSeconds, type UseCaseVersion } from "@dit/service-kit";
import { type Json, VersionConflictError } from "@dit/storage";
import { createAlertmanagerSink } from "../alert/alertmanager-sink.ts";
import { createTableSink } from "../alert/table-sink.ts";
import { createWebhookSink } from "../alert/webhook-sink.ts";
import type { ReidContext } from "../context.ts";
import { driftOf } from "../decide/drift.ts";
import { judgeContainment } from "../decide/judge.ts";
import { drawHashKey } from "../measure/value-hash.ts";
import type { Containment } from "../measurement.ts";
import { createReidMetrics } from "../reid-metrics.ts";
import { storeContainments } from "../tables/containments.ts";
import { ensureReidTables } from "../tables/ensure-tables.ts";
import { readHistory, seriesKey } from "../tables/read-history.ts";
import { type Scored, storeScores } from "../tables/scores.ts";
import { advanceAlerts, fieldsToBlock, type Matter } from "./advance-alerts.ts";
import { findCanary } from "./canary.ts";
import { carryOutClearings } from "./carry-out-clearings.ts";
import { findContainments } from "./find-containments.ts";
import { mattersOf, mattersOfContainment, scoresOf } from "./matters-of.ts";
import { type MeasuredUseCase, measureDueWindows } from "./measured-use-case.ts";
import { deliverOutbox, outboxChanges } from "./outbox.ts";
import { NO_STATE, REID_STATES, type StoredState } from "./stored-state.ts";

/** What one run did. */
export interface RunReport {
  readonly subjects: number;
  readonly told: number;
  /** `use_case.event.field`. */
  readonly blocked: readonly string[];
}

export interface Monitor {
  /** Measures everything that is due, decides, blocks and tells. Rejects if a part of it could not be done; the next run does it. */
  run(): Promise<RunReport>;
}

/** Until Alertmanager hears of it again: three runs may fail. */
const FORGET_AFTER_RUNS = 4;

export function createMonitor(context: ReidContext): Monitor {
  const { warehouse, documents, directory, acs, clock, random, logger, config } = context;
  const metrics = createReidMetrics(context.metrics);
  const send = context.fetch ?? fetch;
  const alertmanager =
    config.alertmanagerUrl === undefined
      ? undefined
      : createAlertmanagerSink(
          {
            url: config.alertmanagerUrl,
            runbookUrl: config.runbookUrl,
            forgetAfterSeconds: (FORGET_AFTER_RUNS * config.intervalMs) / 1_000,
          },
          send,
        );
  const sinks = [
    createTableSink(warehouse),
    ...(config.webhook ? [createWebhookSink(config.webhook, () => nowSeconds(clock), send)] : []),
    ...(alertmanager ? [alertmanager] : []),
  ];

  async function measureAll(now: number): Promise<{ measured: MeasuredUseCase; state: Known }[]> {
    const key = drawHashKey(random);
    await findCanary(warehouse, key, now);
    const all: { measured: MeasuredUseCase; state: Known }[] = [];
    for (const entry of directory.all()) {
      const state = await readState(documents, entry);
      all.push({ measured: await measureDueWindows(context, entry, state.value, key, now), state });
    }
    return all;
  }

  /** Scores first: an alert says what can be looked up. Answers what was found. */
  async function score(measured: MeasuredUseCase, now: number, runId: string): Promise<Matter[]> {
    const { version: schemaVersion, document } = measured.entry;
    const matters: Matter[] = [];
    for (const window of measured.windows) {
      const series = { useCase: document.useCase, schemaVersion, window: window.window };
      const history = window.final ? await readHistory(warehouse, series) : new Map();
      const scored = scoresOf(measured, window, (now) => driftOf(now, history.get(seriesKey(now)) ?? []));
      const run = { measuredAtSeconds: now, final: window.final };
      await storeScores(warehouse, `${runId}:${document.useCase}:${window.window}`, run, scored);
      for (const each of scored) {
        matters.push(...mattersOf(each, window.final));
        showExposure(each);
      }
    }
    return matters;
  }

  function showExposure({ measurement, findings }: Scored): void {
    const { useCase: use_case, event, fields, exposedPids } = measurement;
    const [field] = fields;
    if (fields.length > 1 || findings.some(({ level }) => level === "quarantined")) return;
    metrics.exposedPids.set({ use_case, event, field }, exposedPids.share);
  }

  async function decide(
    { entry, windows }: MeasuredUseCase,
    { version, value }: Known,
    cleared: StoredState["cleared"],
    matters: readonly Matter[],
    now: number,
  ): Promise<number> {
    const { useCase } = entry.document;
    const { open, told } = advanceAlerts(value.alerts, matters, now, () => drawUuid(random));
    const ended = windows.filter(({ final }) => final).map(({ window }) => window);
    const lastFinalWindow = ended.length === 0 ? value.lastFinalWindow : Math.max(...ended);
    const after: StoredState = { lastFinalWindow, alerts: open, cleared };
    const change = { collection: REID_STATES, key: useCase, expectedVersion: version };
    await documents.commit({
      changes: [{ ...change, value: after as unknown as Json }, ...outboxChanges(told, sinks)],
    });
    for (const { transition, event, fields, level } of told) {
      metrics.alerts.inc({ use_case: useCase, action: transition });
      logger.warn(`alert.${transition}`, { useCase, eventName: event, field: fields[0], code: level });
    }
    for (const level of ["warn", "block"] as const) {
      const count = Object.values(open).filter(({ state }) => state.level === level).length;
      metrics.openAlerts.set({ use_case: useCase, kind: level }, count);
    }
    return told.length;
  }

  /** Said again at every run as long as it is so: a block that did not get through is not forgotten. */
  async function block(measured: MeasuredUseCase, matters: readonly Matter[]): Promise<string[]> {
    const { document, blockedFields } = measured.entry;
    metrics.blockedFields.set(
      { use_case: document.useCase },
      Object.values(blockedFields).reduce((sum, fields) => sum + fields.length, 0),
    );
    if (document.privacy.onBreach !== "block") return [];
    const blocked = new Set<string>();
    for (const { event, field, reason } of fieldsToBlock(matters, entropyIn(measured))) {
      if (blockedFields[event]?.includes(field) || blocked.has(`${event}.${field}`)) continue;
      try {
        await acs.decideField(document.useCase, { decision: "block", event, field, by: "monitor", reason });
        blocked.add(`${event}.${field}`);
      } catch (error) {
        metrics.blocksFailed.inc({ use_case: document.useCase });
        logger.error("field.not_blocked", {
          useCase: document.useCase,
          eventName: event,
          field,
          reason: errorReason(error),
        });
        throw error;
      }
    }
    return [...blocked].map((name) => `${document.useCase}.${name}`);
  }

  async function run(): Promise<RunReport> {
    const now = nowSeconds(clock);
    const runId = `${now}:${drawUuid(random)}`;
    await ensureReidTables(warehouse);
    const all = await measureAll(now);
    const containments = findContainments(all.map(({ measured }) => measured));
    await storeContainments(
      warehouse,
      runId,
      now,
      containments.map((each) => withLevel(each, all)),
    );
    let subjects = 0;
    let told = 0;
    const blocked: string[] = [];
    for (const { measured, state } of all) {
      const cleared = await carryOutClearings(context, measured.entry, state.value.cleared);
      const matters = [
        ...(await score(measured, now, runId)),
        ...containments
          .filter(({ of }) => of.useCase === measured.entry.document.useCase)
          .map((containment) => mattersOfContainment(containment, measured)),
      ];
      blocked.push(...(await block(measured, matters)));
      told += await decide(measured, state, cleared, matters, now).catch(giveWay);
      const count = measured.windows.reduce((sum, { fields }) => sum + fields.length, 0);
      metrics.subjects.set({ use_case: measured.entry.document.useCase }, count);
      subjects += count;
    }
    await tell(now);
    return { subjects, told, blocked };
  }

  async function tell(now: number): Promise<void> {
    const left = await deliverOutbox(context, sinks);
    metrics.untold.set(left);
    const states = await documents.list<Json>(REID_STATES);
    const open = states.flatMap(({ value }) => Object.values((value as unknown as StoredState).alerts));
    await alertmanager?.repeat(
      open.map(({ alert }) => alert),
      now,
    );
    if (left > 0) throw new UntoldError();
  }

  return {
    async run() {
      const stopTimer = metrics.runSeconds.startTimer();
      try {
        const report = await run();
        metrics.runs.inc({ outcome: "ok" });
        metrics.lastSuccess.set(nowSeconds(clock));
        return report;
      } catch (error) {
        metrics.runs.inc({ outcome: errorReason(error) });
        throw error;
      } finally {
        stopTimer();
      }
    },
  };
}

class UntoldError extends Error {
  override readonly name = "UntoldError";
  readonly code = "untold_alerts";
}

interface Known {
  /** 0: there is none yet. */
  readonly version: number;
  readonly value: StoredState;
}

async function readState(documents: ReidContext["documents"], { document }: UseCaseVersion): Promise<Known> {
  const stored = await documents.get<Json>(REID_STATES, document.useCase);
  return stored === undefined
    ? { version: 0, value: NO_STATE }
    : { version: stored.version, value: stored.value as unknown as StoredState };
}

/** Another monitor has decided meanwhile: it tells. */
function giveWay(error: unknown): number {
  if (error instanceof VersionConflictError) return 0;
  throw error;
}

function withLevel(containment: Containment, all: readonly { measured: MeasuredUseCase }[]) {
  const owner = all.find(({ measured }) => measured.entry.document.useCase === containment.of.useCase);
  const privacy = owner?.measured.entry.document.privacy;
  if (privacy === undefined) throw new Error("a containment of a use case that was not measured");
  return { containment, level: judgeContainment(containment, privacy).level };
}

function entropyIn({ windows }: MeasuredUseCase) {
  return (event: string, field: string): number => {
    const measured = windows
      .flatMap(({ fields }) => fields)
      .filter(({ measurement }) => measurement.event === event && measurement.fields.join() === field);
    return Math.max(0, ...measured.map(({ measurement }) => measurement.entropyBits));
  };
}

function drawUuid(random: ReidContext["random"]): string {
  const hex = Buffer.from(random(16)).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
