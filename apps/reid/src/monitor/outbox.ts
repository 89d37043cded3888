import { errorReason } from "@dit/service-kit";
import type { DocumentChange, Json } from "@dit/storage";
import { VersionConflictError } from "@dit/storage";
import { AlertRefusedError, type AlertSink } from "../alert/alert-sink.ts";
import type { ReidContext } from "../context.ts";
import type { Alert } from "./alert.ts";

const OUTBOX = "reid-outbox";

/** What comes first of one alert, where two fall into one second. */
const ORDER = { opened: 0, escalated: 1, closed: 2 } as const satisfies Record<Alert["transition"], number>;

/** An alert that some have not been told yet. */
type Pending = { readonly alert: Json; readonly untold: readonly string[] };

/** Goes into the commit that decides the alerts: whoever crashes after it, or restarts, tells them. */
export function outboxChanges(alerts: readonly Alert[], sinks: readonly AlertSink[]): DocumentChange[] {
  return alerts.map((alert) => {
    const value: Pending = { alert: alert as unknown as Json, untold: sinks.map(({ name }) => name) };
    const key = `${String(alert.atSeconds).padStart(12, "0")}/${alert.id}/${ORDER[alert.transition]}`;
    return { collection: OUTBOX, key, expectedVersion: 0, value };
  });
}

/**
 * Tells every alert to everyone who has not been told, oldest first. Who fails is tried again at the next call, and keeps nobody else waiting;
 * an alert that is refused keeps waiting only what follows of it. Two monitors may both tell the same one: who is told knows alerts by id
 * and transition. Resolves to how many are left.
 */
export async function deliverOutbox(
  { documents, logger }: Pick<ReidContext, "documents" | "logger">,
  sinks: readonly AlertSink[],
): Promise<number> {
  const held = new Set<string>();
  let left = 0;
  for (const { key, version, value } of await documents.list<Pending>(OUTBOX)) {
    const waiting = sinks.filter(({ name }) => value.untold.includes(name));
    const untold = await tellAll(waiting, value.alert as unknown as Alert, held, logger);
    if (untold.length > 0) left += 1;
    if (untold.length === value.untold.length) continue;
    const change = { collection: OUTBOX, key, expectedVersion: version };
    const after: Pending = { ...value, untold };
    await documents
      .commit({ changes: [{ ...change, value: untold.length === 0 ? undefined : after }] })
      .catch(ignoreConflict);
  }
  return left;
}

/** Resolves to those who could not be told. `held`: what is not tried any more in this call, grows by them. */
async function tellAll(
  sinks: readonly AlertSink[],
  alert: Alert,
  held: Set<string>,
  logger: ReidContext["logger"],
): Promise<string[]> {
  const untold: string[] = [];
  for (const sink of sinks) {
    const { name } = sink;
    const ofAlert = `${name}/${alert.id}`;
    const outcome = held.has(name) || held.has(ofAlert) ? "held" : await tell(sink, alert, logger);
    if (outcome === "told") continue;
    untold.push(name);
    if (outcome !== "held") held.add(outcome === "refused" ? ofAlert : name);
  }
  return untold;
}

async function tell(
  sink: AlertSink,
  alert: Alert,
  logger: ReidContext["logger"],
): Promise<"told" | "refused" | "unheard"> {
  try {
    await sink.tell(alert);
    return "told";
  } catch (error) {
    logger.warn("alert.not_told", { dependency: sink.name, reason: errorReason(error) });
    return error instanceof AlertRefusedError ? "refused" : "unheard";
  }
}

/** Another monitor told it. */
function ignoreConflict(error: unknown): void {
  if (!(error instanceof VersionConflictError)) throw error;
}
