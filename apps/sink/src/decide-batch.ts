import { utcDay } from "@dit/service-kit";
import type { AppliedSchema } from "./applied-schema.ts";
import type { SinkContext } from "./context.ts";
import { encodeIntent, type Intent, MAX_INTENT_CHARACTERS, type UseCaseDecision } from "./intent.ts";
import { destroyAtSeconds, windowOf } from "./salt-schedule.ts";
import type { Salts } from "./salts.ts";
import type { Schemas } from "./schemas.ts";
import type { SinkRecord, SinkReport } from "./sink-record.ts";

export interface DecidedBatch {
  readonly records: readonly SinkRecord[];
  readonly intent: Intent;
}

/**
 * Decides what the rows of these records depend on besides the records, and makes sure that it is there: tables, schema versions,
 * salts. Takes fewer records if the decisions would not fit beside the offset.
 */
export async function decideBatch(
  {
    clock,
    schemas,
    salts,
  }: Pick<SinkContext, "clock"> & { readonly schemas: Schemas; readonly salts: Salts },
  records: readonly SinkRecord[],
): Promise<DecidedBatch> {
  const last = records.at(-1);
  if (last === undefined) throw new RangeError("a batch has at least one record");
  const day = utcDay(clock.nowMs());
  const reports = records.map(({ report }) => report).filter((report) => report !== undefined);
  const useCases = new Map<string, UseCaseDecision>();
  for (const [useCase, itsReports] of Map.groupBy(reports, ({ useCase }) => useCase)) {
    const newest = itsReports.reduce((max, { schemaVersion }) => Math.max(max, schemaVersion), 0);
    const schema = await schemas.current(useCase, newest);
    const goneWindows = schema === undefined ? [] : await findGone(salts, useCase, schema, itsReports);
    useCases.set(useCase, { version: schema?.version ?? 0, goneWindows });
  }
  const intent = { to: last.offset + 1, day, useCases };
  if (encodeIntent(intent).length <= MAX_INTENT_CHARACTERS) return { records, intent };
  if (records.length === 1) throw new RangeError("the decisions of one record do not fit beside its offset");
  return decideBatch({ clock, schemas, salts }, records.slice(0, Math.ceil(records.length / 2)));
}

async function findGone(
  salts: Salts,
  useCase: string,
  { schedule }: AppliedSchema,
  reports: readonly SinkReport[],
): Promise<number[]> {
  const windows = new Set(reports.map((report) => windowOf(schedule, report)));
  const gone: number[] = [];
  for (const window of windows) {
    const state = await salts.prepare(useCase, window, destroyAtSeconds(schedule, window));
    if (state === "gone") gone.push(window);
  }
  return gone;
}
