import { errorReason } from "@dit/service-kit";
import type { DocumentChange, Json } from "@dit/storage";
import { VersionConflictError } from "@dit/storage";
import type { AlertSink } from "../alert/alert-sink.ts";
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
 * Tells every alert to everyone who has not been told, oldest first. Who fails is tried again at the next call, and keeps nobody else waiting.
 * Two monitors may both tell the same one: who is told knows alerts by id and transition. Resolves to how many are left.
 */
export async function deliverOutbox(
  { documents, logger }: Pick<ReidContext, "documents" | "logger">,
  sinks: readonly AlertSink[],
): Promise<number> {
  const failing = new Set<string>();
  let left = 0;
  for (const { key, version, value } of await documents.list<Pending>(OUTBOX)) {
    const untold: string[] = [];
    for (const sink of sinks.filter(({ name }) => value.untold.includes(name))) {
      const told = !failing.has(sink.name) && (await tell(sink, value.alert as unknown as Alert, logger));
      if (told) continue;
      failing.add(sink.name);
      untold.push(sink.name);
    }
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

async function tell(sink: AlertSink, alert: Alert, logger: ReidContext["logger"]): Promise<boolean> {
  try {
    await sink.tell(alert);
    return true;
  } catch (error) {
    logger.warn("alert.not_told", { dependency: sink.name, reason: errorReason(error) });
    return false;
  }
}

/** Another monitor told it. */
function ignoreConflict(error: unknown): void {
  if (!(error instanceof VersionConflictError)) throw error;
}
