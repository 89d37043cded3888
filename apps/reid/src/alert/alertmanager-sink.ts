import type { Alert } from "../monitor/alert.ts";
import type { AlertSink } from "./alert-sink.ts";
import { post } from "./post.ts";

export interface AlertmanagerOptions {
  readonly url: string;
  readonly runbookUrl: string;
  /** How long what is told holds, until it is repeated. */
  readonly forgetAfterSeconds: number;
}

export interface AlertmanagerSink extends AlertSink {
  /** Says again what is open, and that the monitor lives. Alertmanager forgets either after `forgetAfterSeconds`. */
  repeat(open: readonly Alert[], nowSeconds: number, forgetAfterSeconds: number): Promise<void>;
}

/** Alertmanager API v2, `POST /api/v2/alerts`. Labels, which it knows an alert by, change only where it escalates. */
export function createAlertmanagerSink(options: AlertmanagerOptions, send: typeof fetch): AlertmanagerSink {
  const postAlerts = (alerts: readonly object[]) =>
    post(send, `${options.url.replace(/\/+$/, "")}/api/v2/alerts`, JSON.stringify(alerts));
  return {
    name: "alertmanager",
    tell: (alert) => postAlerts([toAlertmanager(alert, options), ...supersededBy(alert, options)]),
    repeat(open, nowSeconds, forgetAfterSeconds) {
      const until = { ...options, forgetAfterSeconds };
      const again = open.map((alert) => ({ ...alert, atSeconds: Math.max(nowSeconds, alert.atSeconds) }));
      return postAlerts([
        aliveAlert(nowSeconds, until),
        ...again.map((alert) => toAlertmanager(alert, until)),
      ]);
    },
  };
}

/** Routes go by the severity, a label: what has become graver is another alert there, and the one that it was is over. */
function supersededBy(alert: Alert, options: AlertmanagerOptions): object[] {
  return alert.transition === "escalated"
    ? [toAlertmanager({ ...alert, transition: "closed", level: "warn" }, options)]
    : [];
}

function toAlertmanager(alert: Alert, { runbookUrl, forgetAfterSeconds }: AlertmanagerOptions): object {
  const { useCase, event, fields, score, level, other, kind, value, threshold } = alert;
  const isOver = alert.transition === "closed";
  return {
    labels: {
      alertname: "DitReidentifying",
      severity: level === "block" ? "critical" : "warning",
      use_case: useCase,
      event,
      fields: fields.join("+"),
      score,
      ...(other !== "" && { other }),
    },
    annotations: {
      summary: `${useCase}.${event}.${fields.join("+")}: ${score} ${value.share.toFixed(4)} over ${threshold} (${kind})`,
      runbook_url: runbookUrl,
    },
    startsAt: toTime(alert.openedAtSeconds),
    endsAt: toTime(alert.atSeconds + (isOver ? 0 : forgetAfterSeconds)),
  };
}

/** Always firing, like the watchdog of Prometheus: where it is missing, nobody would be told of anything. */
function aliveAlert(nowSeconds: number, { runbookUrl, forgetAfterSeconds }: AlertmanagerOptions): object {
  return {
    labels: { alertname: "DitReidAlive", severity: "none" },
    annotations: { summary: "The re-identification monitor runs and can be heard", runbook_url: runbookUrl },
    startsAt: toTime(nowSeconds),
    endsAt: toTime(nowSeconds + forgetAfterSeconds),
  };
}

function toTime(unixSeconds: number): string {
  return new Date(unixSeconds * 1_000).toISOString();
}
