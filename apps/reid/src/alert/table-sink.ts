import { inColumns, type Warehouse } from "@dit/storage";
import { ALERTS_TABLE } from "../tables/alerts.ts";
import { toDateTime } from "../tables/date-time.ts";
import type { AlertSink } from "./alert-sink.ts";

/** Alerts as rows, for charts and history. The engine keeps one of those that come twice. */
export function createTableSink(warehouse: Warehouse): AlertSink {
  return {
    name: "table",
    async tell(alert) {
      const { id, transition, level, score, useCase, event, fields, other, window, value, threshold, kind } =
        alert;
      const row = {
        ...{ at: toDateTime(alert.atSeconds), alert_id: id, transition, level, score },
        ...{ use_case: useCase, event, fields, other, window, ...value, threshold, kind },
      };
      await warehouse.insert({
        table: ALERTS_TABLE,
        ...inColumns([row]),
        deduplicationToken: `reid-alert:${id}:${transition}`,
      });
    },
  };
}
