import { type Json, VersionConflictError } from "@dit/storage";
import type { AlertSink } from "../alert/alert-sink.ts";
import type { ReidContext } from "../context.ts";
import { drawUuid } from "../draw-uuid.ts";
import type { ReidMetrics } from "../reid-metrics.ts";
import { advanceAlerts, type Matter } from "./advance-alerts.ts";
import { outboxChanges } from "./outbox.ts";
import { type KnownState, REID_STATES, type StoredState } from "./stored-state.ts";

/**
 * Commits a use case's open alerts after a run together with what is to be told of them. Resolves to how many are to be told: none where
 * another monitor has decided meanwhile, for it tells them.
 */
export async function decideAlerts(
  { documents, random, logger }: Pick<ReidContext, "documents" | "random" | "logger">,
  metrics: ReidMetrics,
  sinks: readonly AlertSink[],
  useCase: string,
  { version, value }: KnownState,
  run: Pick<StoredState, "lastFinalWindow" | "cleared"> & {
    readonly matters: readonly Matter[];
    readonly nowSeconds: number;
  },
): Promise<number> {
  const { lastFinalWindow, cleared, matters, nowSeconds } = run;
  const { open, told } = advanceAlerts(value.alerts, matters, nowSeconds, () => drawUuid(random));
  const after: StoredState = { lastFinalWindow, alerts: open, cleared };
  const change = { collection: REID_STATES, key: useCase, expectedVersion: version };
  try {
    await documents.commit({
      changes: [{ ...change, value: after as unknown as Json }, ...outboxChanges(told, sinks)],
    });
  } catch (error) {
    if (error instanceof VersionConflictError) return 0;
    throw error;
  }
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
