import { ALERTS_TABLE, type RunReport } from "@dit/reid";
import { rowsOf } from "../reid/rows-of.ts";

/** What the monitor made of what was sent. Fields are named `use_case.event.field`. */
export interface Findings {
  readonly stopped: readonly string[];
  readonly alerts: readonly FoundAlert[];
}

export interface FoundAlert {
  readonly level: string;
  readonly score: string;
  readonly fields: readonly string[];
  /** For containment: the other field. */
  readonly in?: string;
}

const ALERTS = `SELECT DISTINCT level, score, other,
  arrayMap(field -> concat(use_case, '.', event, '.', field), fields) AS names
FROM ${ALERTS_TABLE} WHERE transition != 'closed' ORDER BY names, score, other, level`;

export async function readFindings(warehouseUrl: string, { blocked }: RunReport): Promise<Findings> {
  const alerts = await rowsOf<{ level: string; score: string; other: string; names: string[] }>(
    warehouseUrl,
    ALERTS,
  );
  return {
    stopped: blocked,
    alerts: alerts.map(({ level, score, other, names: fields }) => ({
      ...{ level, score, fields },
      ...(other !== "" && { in: other }),
    })),
  };
}

/** Of one scenario: its events are called as it is. */
export function findingsOf(name: string, { stopped, alerts }: Findings): Findings {
  const isOwn = (field: string) => field.split(".")[1] === name;
  return { stopped: stopped.filter(isOwn), alerts: alerts.filter(({ fields }) => fields.some(isOwn)) };
}
