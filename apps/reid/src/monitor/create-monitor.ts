import { errorReason, nowSeconds } from "@dit/service-kit";
import { createSinks } from "../alert/create-sinks.ts";
import type { ReidContext } from "../context.ts";
import { judgeContainment } from "../decide/judge.ts";
import { drawUuid } from "../draw-uuid.ts";
import { drawHashKey } from "../measure/value-hash.ts";
import type { Containment } from "../measurement.ts";
import { createReidMetrics } from "../reid-metrics.ts";
import { storeContainments } from "../tables/containments.ts";
import { ensureReidTables } from "../tables/ensure-tables.ts";
import { blockFields } from "./block-fields.ts";
import { findCanary } from "./canary.ts";
import { carryOutClearings } from "./carry-out-clearings.ts";
import { decideAlerts } from "./decide-alerts.ts";
import { findContainments } from "./find-containments.ts";
import { mattersOfContainment } from "./matters-of.ts";
import { type MeasuredUseCase, measureDueWindows } from "./measured-use-case.ts";
import { deliverOutbox } from "./outbox.ts";
import { forgetAfterSeconds } from "./pace.ts";
import { scoreWindows } from "./score-windows.ts";
import { storeWindowCurves } from "./store-window-curves.ts";
import { type KnownState, readOpenAlerts, readState } from "./stored-state.ts";

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

interface Found {
  readonly measured: MeasuredUseCase;
  readonly state: KnownState;
}

interface Run {
  readonly id: string;
  readonly nowSeconds: number;
}

export function createMonitor(context: ReidContext): Monitor {
  const { warehouse, documents, directory, clock, random } = context;
  const metrics = createReidMetrics(context.metrics);
  const sinks = createSinks(context);

  async function run(): Promise<RunReport> {
    const now = nowSeconds(clock);
    const thisRun = { id: `${now}:${drawUuid(random)}`, nowSeconds: now };
    await ensureReidTables(warehouse);
    const all = await measureAll(thisRun);
    const containments = findContainments(all.map(({ measured }) => measured));
    const withLevels = containments.map((each) => withLevel(each, all));
    await storeContainments(warehouse, thisRun.id, now, withLevels);
    const failures: unknown[] = [];
    const reports: RunReport[] = [];
    for (const found of all) {
      const { failure, ...report } = await conclude(found, containments, thisRun);
      reports.push(report);
      if (failure !== undefined) failures.push(failure);
    }
    await tell(now);
    // Whatever else was found has been told by now.
    if (failures.length > 0) throw failures[0];
    return {
      subjects: reports.reduce((sum, { subjects }) => sum + subjects, 0),
      told: reports.reduce((sum, { told }) => sum + told, 0),
      blocked: reports.flatMap(({ blocked }) => blocked),
    };
  }

  async function measureAll(thisRun: Run): Promise<Found[]> {
    const { nowSeconds: now } = thisRun;
    const key = drawHashKey(random);
    await findCanary(warehouse, key, now);
    const all: Found[] = [];
    for (const entry of directory.all()) {
      const state = await readState(documents, entry);
      const measured = await measureDueWindows(context, entry, state.value, key, now);
      await storeWindowCurves(warehouse, measured, key, thisRun);
      all.push({ measured, state });
    }
    return all;
  }

  /** What follows for one use case from what was measured. What ACS did not take is the report's failure, and done by the next run. */
  async function conclude(
    { measured, state }: Found,
    containments: readonly Containment[],
    thisRun: Run,
  ): Promise<RunReport & { readonly failure: unknown }> {
    const { useCase } = measured.entry.document;
    const matters = [
      ...(await scoreWindows(warehouse, metrics, measured, thisRun)),
      ...containments
        .filter(({ of }) => of.useCase === useCase)
        .map((containment) => mattersOfContainment(containment, measured)),
    ];
    const { blocked, failure } = await blockFields(context, metrics, measured, matters);
    const { cleared, failure: notCleared } = await carryOutClearings(
      context,
      measured.entry,
      state.value.cleared,
    );
    const told = await decideAlerts(context, metrics, sinks.all, useCase, state, {
      // A window with a breach that could not be stopped is due again.
      lastFinalWindow:
        failure === undefined
          ? lastFinal(measured, state.value.lastFinalWindow)
          : state.value.lastFinalWindow,
      ...{ cleared, matters, nowSeconds: thisRun.nowSeconds },
    });
    const subjects = measured.windows.reduce((sum, { fields }) => sum + fields.length, 0);
    metrics.subjects.set({ use_case: useCase }, subjects);
    return { subjects, told, blocked, failure: failure ?? notCleared };
  }

  async function tell(now: number): Promise<void> {
    const left = await deliverOutbox(context, sinks.all);
    metrics.untold.set(left);
    const tookMs = clock.nowMs() - now * 1_000;
    const holdsSeconds = forgetAfterSeconds(tookMs, context.config.intervalMs);
    await sinks.alertmanager?.repeat(await readOpenAlerts(documents), now, holdsSeconds);
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

function lastFinal({ windows }: MeasuredUseCase, before: number | null): number | null {
  const ended = windows.filter(({ final }) => final).map(({ window }) => window);
  return ended.length === 0 ? before : Math.max(...ended);
}

function withLevel(containment: Containment, all: readonly Found[]) {
  const owner = all.find(({ measured }) => measured.entry.document.useCase === containment.of.useCase);
  const privacy = owner?.measured.entry.document.privacy;
  if (privacy === undefined) throw new Error("a containment of a use case that was not measured");
  return { containment, level: judgeContainment(containment, privacy).level };
}
