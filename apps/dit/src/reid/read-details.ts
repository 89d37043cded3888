import type { FieldPolicy } from "@dit/protocol/schemas";
import { ALERTS_TABLE, CONTAINMENTS_TABLE, CURVES_TABLE, SCORES_TABLE } from "@dit/reid";
import { adminClientOf, askAcs } from "../acs-clients.ts";
import type { Target } from "../target.ts";
import type { Board } from "./read-board.ts";
import { rowsOf } from "./rows-of.ts";

/** What stands behind the board: how it came to be, what is comparable with what, and what was decided. */
export interface Details {
  readonly policies: ReadonlyMap<string, FieldPolicy>;
  readonly trend: readonly TrendPoint[];
  readonly curves: readonly CurvePoint[];
  readonly containments: readonly ContainmentRow[];
  /** The newest first. */
  readonly alerts: readonly AlertRow[];
}

interface FieldRow {
  readonly use_case: string;
  readonly event: string;
  readonly fields: readonly string[];
}

/** Shares are 0 to 1. */
export interface TrendPoint extends FieldRow {
  readonly window: number;
  readonly exposed_pids: number;
}

/** Of the values and of the pids, the share below k, in the last window that is over. */
export interface CurvePoint extends FieldRow {
  readonly k: number;
  readonly values_below: number;
  readonly pids_below: number;
}

export interface ContainmentRow {
  readonly use_case: string;
  /** `event.field` */
  readonly name: string;
  readonly in_use_case: string;
  readonly in_name: string;
  readonly containment: number;
  readonly level: string;
}

export interface AlertRow extends FieldRow {
  /** UTC */
  readonly at: string;
  readonly transition: string;
  readonly level: string;
  readonly score: string;
  readonly other: string;
  readonly share: number;
  readonly threshold: number;
  readonly kind: string;
  /** Nothing has been told of it since, and this was not its end. */
  readonly open: number;
}

const MAX_ALERTS = 200;

const STATEMENTS = {
  trend: `SELECT use_case, event, fields, window, argMax(s.exposed_pids, (final, measured_at)) AS exposed_pids
FROM ${SCORES_TABLE} AS s WHERE length(fields) = 1 AND level != 'quarantined' AND measured_at > now() - toIntervalDay(40)
GROUP BY use_case, event, fields, window ORDER BY window`,
  curves: `SELECT use_case, event, fields, k, argMax(c.values_below, (window, measured_at)) AS values_below, argMax(c.pids_below, (window, measured_at)) AS pids_below
FROM ${CURVES_TABLE} AS c WHERE measured_at > now() - toIntervalDay(40) GROUP BY use_case, event, fields, k ORDER BY k`,
  containments: `SELECT use_case, concat(event, '.', field) AS name, in_use_case, concat(in_event, '.', in_field) AS in_name,
  argMax(c.containment, measured_at) AS containment, argMax(c.level, measured_at) AS level
FROM ${CONTAINMENTS_TABLE} AS c WHERE measured_at > now() - toIntervalDay(2)
GROUP BY use_case, name, in_use_case, in_name ORDER BY containment DESC`,
  alerts: `SELECT toString(a.at) AS at, transition, level, score, use_case, event, fields, other, share, threshold, kind,
  toUInt8(transition != 'closed' AND a.at = max(a.at) OVER (PARTITION BY alert_id)) AS open
FROM ${ALERTS_TABLE} AS a ORDER BY a.at DESC, alert_id LIMIT ${MAX_ALERTS}`,
} as const;

/** Needs the administrator's secret: who decided what is not everyone's to read. */
export async function readDetails(target: Target, board: Board): Promise<Details> {
  const acs = await adminClientOf(target);
  const policies = new Map<string, FieldPolicy>();
  for (const { useCase } of board) {
    const { policy } = await askAcs(target, useCase, () => acs.fieldPolicy(useCase));
    policies.set(useCase, policy);
  }
  const { warehouseUrl } = target.addresses;
  return {
    policies,
    trend: await rowsOf<TrendPoint>(warehouseUrl, STATEMENTS.trend),
    curves: await rowsOf<CurvePoint>(warehouseUrl, STATEMENTS.curves),
    containments: await rowsOf<ContainmentRow>(warehouseUrl, STATEMENTS.containments),
    alerts: await rowsOf<AlertRow>(warehouseUrl, STATEMENTS.alerts),
  };
}
