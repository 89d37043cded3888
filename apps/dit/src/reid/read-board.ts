import type { BlockedFields } from "@dit/protocol";
import { SCORES_TABLE } from "@dit/reid";
import { askAcs, serviceClientOf } from "../acs-clients.ts";
import type { Target } from "../target.ts";
import { rowsOf } from "./rows-of.ts";

/** How re-identifying the fields of each use case are, as last measured: no value of a field is in it. */
export type Board = readonly UseCaseBoard[];

export interface UseCaseBoard {
  readonly useCase: string;
  readonly blockedFields: BlockedFields;
  /** The most exposed first. */
  readonly subjects: readonly MeasuredSubject[];
}

/** Shares are 0 to 1. */
export interface MeasuredSubject {
  readonly use_case: string;
  readonly event: string;
  /** One field, or a pair. */
  readonly fields: readonly string[];
  readonly level: string;
  readonly found_by: string;
  readonly pids: number;
  readonly value_count: number;
  readonly exposed_pids: number;
  readonly exposed_pids_lower: number;
  readonly potential_k: number;
  readonly linkability: number | null;
}

/** The last measurement of each subject, of a window that is over if there is one: an open one has not seen everybody. */
const LATEST = `SELECT use_case, event, fields, argMax(level, (final, measured_at)) AS level, argMax(found_by, (final, measured_at)) AS found_by,
  toUInt32(argMax(pids, (final, measured_at))) AS pids, toUInt32(argMax(value_count, (final, measured_at))) AS value_count,
  argMax(exposed_pids, (final, measured_at)) AS exposed_pids, argMax(exposed_pids_lower, (final, measured_at)) AS exposed_pids_lower,
  argMax(potential_k, (final, measured_at)) AS potential_k, argMax(tuple(linkability), (final, measured_at)).1 AS linkability
FROM (
  SELECT * FROM ${SCORES_TABLE} AS s
  WHERE measured_at > now() - toIntervalDay(40)
) GROUP BY use_case, event, fields
ORDER BY use_case, exposed_pids DESC, event, fields`;

export async function readBoard(target: Target): Promise<Board> {
  const acs = await serviceClientOf(target);
  const answer = await askAcs(target, undefined, () => acs.listUseCases());
  const entries = answer === "unchanged" ? [] : answer.list.useCases;
  const measured = await rowsOf<MeasuredSubject>(target.addresses.warehouseUrl, LATEST);
  return entries.map(({ document: { useCase }, blockedFields }) => ({
    useCase,
    blockedFields,
    subjects: measured.filter(({ use_case }) => use_case === useCase),
  }));
}
