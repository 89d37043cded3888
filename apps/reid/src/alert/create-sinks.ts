import { nowSeconds } from "@dit/service-kit";
import type { ReidContext } from "../context.ts";
import { forgetAfterSeconds } from "../monitor/pace.ts";
import type { AlertSink } from "./alert-sink.ts";
import { type AlertmanagerSink, createAlertmanagerSink } from "./alertmanager-sink.ts";
import { createTableSink } from "./table-sink.ts";
import { createWebhookSink } from "./webhook-sink.ts";

export interface AlertSinks {
  readonly all: readonly AlertSink[];
  /** One of them, if there is one: it is also told what is still open. */
  readonly alertmanager: AlertmanagerSink | undefined;
}

/** Everyone whom the configuration wants told. */
export function createSinks(
  context: Pick<ReidContext, "warehouse" | "config" | "clock" | "fetch">,
): AlertSinks {
  const { warehouse, clock } = context;
  const { webhook, alertmanagerUrl: url, runbookUrl, intervalMs } = context.config;
  const send = context.fetch ?? fetch;
  const options = { runbookUrl, forgetAfterSeconds: forgetAfterSeconds(0, intervalMs) };
  const alertmanager = url === undefined ? undefined : createAlertmanagerSink({ url, ...options }, send);
  const all = [
    createTableSink(warehouse),
    ...(webhook ? [createWebhookSink(webhook, () => nowSeconds(clock), send)] : []),
    ...(alertmanager ? [alertmanager] : []),
  ];
  return { all, alertmanager };
}
