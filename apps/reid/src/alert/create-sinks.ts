import { nowSeconds } from "@dit/service-kit";
import type { ReidContext } from "../context.ts";
import type { AlertSink } from "./alert-sink.ts";
import { type AlertmanagerSink, createAlertmanagerSink } from "./alertmanager-sink.ts";
import { createTableSink } from "./table-sink.ts";
import { createWebhookSink } from "./webhook-sink.ts";

export interface AlertSinks {
  readonly all: readonly AlertSink[];
  /** One of them, if there is one: it is also told what is still open. */
  readonly alertmanager: AlertmanagerSink | undefined;
}

/** Until Alertmanager hears of it again: three runs may fail. */
const FORGET_AFTER_RUNS = 4;

/** Everyone whom the configuration wants told. */
export function createSinks(
  context: Pick<ReidContext, "warehouse" | "config" | "clock" | "fetch">,
): AlertSinks {
  const { warehouse, clock } = context;
  const { webhook, alertmanagerUrl: url, runbookUrl, intervalMs } = context.config;
  const send = context.fetch ?? fetch;
  const forgetAfterSeconds = (FORGET_AFTER_RUNS * intervalMs) / 1_000;
  const alertmanager =
    url === undefined ? undefined : createAlertmanagerSink({ url, runbookUrl, forgetAfterSeconds }, send);
  const all = [
    createTableSink(warehouse),
    ...(webhook ? [createWebhookSink(webhook, () => nowSeconds(clock), send)] : []),
    ...(alertmanager ? [alertmanager] : []),
  ];
  return { all, alertmanager };
}
