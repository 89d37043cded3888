import type { AppliedSchema } from "./applied-schema.ts";
import { type BatchPlan, bury, planBatch } from "./batch-plan.ts";
import { type BatchRange, batchId } from "./batch-range.ts";
import { reportChecksum } from "./checksum.ts";
import type { SinkContext } from "./context.ts";
import type { DecidedBatch } from "./decide-batch.ts";
import { earliestDay } from "./earliest-day.ts";
import { windowOf } from "./salt-schedule.ts";
import type { Salts } from "./salts.ts";
import type { Schemas } from "./schemas.ts";
import type { SinkReport } from "./sink-record.ts";
import { storedByBatch, storedByOthers } from "./stored-reports.ts";

export interface BatchMaker extends Pick<SinkContext, "warehouse"> {
  readonly schemas: Schemas;
  readonly salts: Salts;
}

/** A batch that is ready to be stored, and what an earlier attempt has stored that this one cannot make any more. */
export interface MadeBatch extends BatchPlan {
  /** Rows by table that only an earlier attempt could make, and made. */
  readonly storedEarlier: ReadonlyMap<string, { readonly rows: number; readonly checksum: number }>;
}

/** `repeats`: reports of which another record may follow, with the batch that stored each. */
export async function makeBatch(
  maker: BatchMaker,
  range: BatchRange,
  { records, intent }: DecidedBatch,
  repeats: ReadonlyMap<string, string>,
): Promise<MadeBatch> {
  const reports = records.map(({ report }) => report).filter((report) => report !== undefined);
  const schemas = new Map<string, AppliedSchema>();
  for (const [useCase, { version }] of intent.useCases) {
    if (version > 0) schemas.set(useCase, await maker.schemas.at(useCase, version));
  }
  const storedBefore = await findStoredBefore(maker, batchId(range), reports, schemas, repeats);
  const windows = reports.flatMap((report) => {
    const schema = schemas.get(report.useCase);
    return schema === undefined
      ? []
      : [{ useCase: report.useCase, window: windowOf(schema.schedule, report) }];
  });
  const salts = await maker.salts.lease(windows);
  try {
    return await settleLost(maker, await planBatch({ range, records, intent, schemas, salts, storedBefore }));
  } finally {
    salts.release();
  }
}

/**
 * Reports of the batch that another batch has stored. Looked up in the warehouse only for those that ingest marked; the
 * unmarked attempt of a report whose marked one came first is found among `repeats`.
 */
async function findStoredBefore(
  { warehouse }: BatchMaker,
  batch: string,
  reports: readonly SinkReport[],
  schemas: ReadonlyMap<string, AppliedSchema>,
  repeats: ReadonlyMap<string, string>,
): Promise<ReadonlySet<string>> {
  const stored = new Set<string>();
  const byTable = new Map<string, SinkReport[]>();
  for (const report of reports) {
    const earlier = repeats.get(report.reportId);
    if (earlier !== undefined && earlier !== batch) stored.add(report.reportId);
    else if (report.mayRepeat) {
      for (const table of tablesOf(report, schemas))
        byTable.set(table, [...(byTable.get(table) ?? []), report]);
    }
  }
  for (const [table, marked] of byTable) {
    const oldestDay = earliestDay(marked.map(({ ingestDay }) => ingestDay));
    const reportIds = marked.map(({ reportId }) => reportId);
    for (const found of await storedByOthers(warehouse, { table, reportIds, batch, oldestDay }))
      stored.add(found);
  }
  return stored;
}

function tablesOf({ useCase, events }: SinkReport, schemas: ReadonlyMap<string, AppliedSchema>): Set<string> {
  const schema = schemas.get(useCase);
  const tables = events.map((event) => {
    const name = typeof event === "object" && event !== null && "name" in event ? event.name : undefined;
    return typeof name === "string" ? schema?.events.get(name)?.table : undefined;
  });
  return new Set(tables.filter((table) => table !== undefined));
}

/** What an earlier attempt of this very batch stored before the salt was destroyed counts as stored; the rest cannot be. */
async function settleLost({ warehouse }: BatchMaker, plan: BatchPlan): Promise<MadeBatch> {
  const storedEarlier = new Map<string, { rows: number; checksum: number }>();
  for (const [table, lost] of Map.groupBy(plan.lost, (each) => each.table)) {
    const stored = await storedByBatch(warehouse, {
      table,
      batch: plan.batch,
      reportIds: lost.map(({ record }) => record.report.reportId),
      oldestDay: earliestDay(lost.map(({ record }) => record.report.ingestDay)),
    });
    for (const { record, events } of lost) {
      const { reportId, useCase } = record.report;
      if (stored.has(reportId)) {
        const sum = storedEarlier.get(table) ?? { rows: 0, checksum: 0 };
        sum.rows += events;
        sum.checksum += events * reportChecksum(reportId);
        storedEarlier.set(table, sum);
      } else {
        bury(plan, { offset: record.offset, useCase, reportId }, "salt_destroyed", events);
      }
    }
  }
  return { ...plan, storedEarlier };
}
