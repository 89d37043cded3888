import type { AskWarehouse } from "./check-balance.ts";

/** Today and yesterday, as the ledger counts days; older damage has been there for the reconciler to find. */
const RECENT = "l.day >= today() - 1";
const DEAD_LETTERS = "dit.dead_letters";

/** Compares what the ledger says of each recent batch with the rows that are in the tables, batch by batch. */
export async function findMissingRows(ask: AskWarehouse): Promise<string[]> {
  const tables = await ask<{ name: string }>(
    `SELECT DISTINCT arrayJoin(mapKeys(l.rows)) AS name FROM dit.sink_ledger AS l WHERE ${RECENT} ORDER BY name`,
  );
  const retentionDays = await readRetention(ask);
  const problems = await Promise.all(
    tables.map(async ({ name }) => {
      const days = retentionDays.get(name);
      return days === undefined ? [`${name} is gone`] : compare(ask, name, days);
    }),
  );
  return [...problems.flat(), ...(await findUncountedEvents(ask))];
}

/** Rows may expire the day after their last: a batch with rows that old is left out. */
async function compare(ask: AskWarehouse, table: string, retentionDays: number): Promise<string[]> {
  const [found] = await ask<{ batches: string; promised: string; stored: string }>(
    `SELECT count() AS batches, sum(l.promised) AS promised, sum(t.stored) AS stored
     FROM (SELECT batch, rows['${table}'] AS promised FROM dit.sink_ledger AS l
       WHERE ${RECENT} AND mapContains(rows, '${table}') AND oldest_day > today() - ${retentionDays}) AS l
     LEFT JOIN (SELECT batch, count() AS stored FROM ${quoted(table)} GROUP BY batch) AS t ON t.batch = l.batch
     WHERE l.promised != t.stored`,
  );
  if (found === undefined || Number(found.batches) === 0) return [];
  const { batches, promised, stored } = found;
  return [`${table} has ${stored} of the ${promised} rows of ${batches} batches`];
}

/** The ledger's figures are those of its tables: a row of an event table is an event, a dead letter is as many as it says. */
async function findUncountedEvents(ask: AskWarehouse): Promise<string[]> {
  const [found] = await ask<{ inserted: string; deadLettered: string }>(
    `SELECT countIf(l.inserted != arraySum(mapValues(mapFilter((name, rows) -> position(name, '__') > 0, l.rows)))) AS inserted,
       countIf(l.dead_lettered != d.events) AS deadLettered
     FROM (SELECT * FROM dit.sink_ledger AS l WHERE ${RECENT}) AS l
     LEFT JOIN (SELECT batch, sum(events) AS events FROM ${DEAD_LETTERS} WHERE ingest_day >= today() - 2 GROUP BY batch) AS d
       ON d.batch = l.batch`,
  );
  return [
    ["inserted", "rows in event tables", Number(found?.inserted)] as const,
    ["dead-lettered", "dead letters", Number(found?.deadLettered)] as const,
  ].flatMap(([figure, what, batches]) =>
    batches === 0 ? [] : [`${batches} batches have another number of ${what} than ${figure} events`],
  );
}

async function readRetention(ask: AskWarehouse): Promise<Map<string, number>> {
  const tables = await ask<{ name: string; engine: string }>(
    "SELECT concat(database, '.', name) AS name, engine_full AS engine FROM system.tables WHERE database = 'dit'",
  );
  return new Map(
    tables.map(({ name, engine }) => {
      const days = /toIntervalDay\((\d+)\)/.exec(engine)?.[1];
      return [name, days === undefined ? 36_500 : Number(days)];
    }),
  );
}

function quoted(table: string): string {
  return table
    .split(".")
    .map((part) => `\`${part}\``)
    .join(".");
}
