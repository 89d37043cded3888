import type { FieldPolicy } from "@dit/protocol/schemas";
import { errorReason, type UseCaseVersion } from "@dit/service-kit";
import { sqlName } from "@dit/storage";
import type { ReidContext } from "../context.ts";
import type { StoredState } from "./stored-state.ts";

export interface Clearings {
  readonly cleared: StoredState["cleared"];
  /** Why something is not carried out yet; undefined if all is. */
  readonly failure: unknown;
}

/**
 * Removes the stored values of the fields that somebody ordered to be cleared, partition by partition, and looks whether they are gone. Answers with
 * what is carried out by now, and never rejects; what could not be done is tried again by the next run.
 */
export async function carryOutClearings(
  { acs, warehouse, logger }: Pick<ReidContext, "acs" | "warehouse" | "logger">,
  { document: { useCase } }: UseCaseVersion,
  cleared: StoredState["cleared"],
): Promise<Clearings> {
  const done: Record<string, number> = { ...cleared };
  let failure: unknown;
  for (const { event, field, sinceSeconds } of await ordered()) {
    if (done[`${event}.${field}`] === sinceSeconds) continue;
    try {
      const values = await clearColumn(warehouse, `${useCase}__${event}`, field);
      done[`${event}.${field}`] = sinceSeconds;
      logger.warn("field.cleared", { useCase, eventName: event, field, count: values });
    } catch (error) {
      failure = error;
      logger.error("field.not_cleared", { useCase, eventName: event, field, reason: errorReason(error) });
    }
  }
  return { cleared: done, failure };

  async function ordered(): Promise<FieldPolicy["clearings"]> {
    try {
      return (await acs.fieldPolicy(useCase)).policy.clearings;
    } catch (error) {
      failure = error;
      return [];
    }
  }
}

/** Resolves to the number of values there were. Rejects if one is left. */
async function clearColumn(
  warehouse: ReidContext["warehouse"],
  table: string,
  field: string,
): Promise<number> {
  const name = sqlName(`dit.${table}`);
  const count = async () => {
    const [found] = await warehouse.query<{ values: number }>(
      `SELECT count(${sqlName(field)}) AS values FROM ${name}`,
    );
    return Number(found?.values ?? 0);
  };
  const before = await count();
  if (before === 0) return 0;
  const partitions = await warehouse.query<{ id: string }>(
    "SELECT DISTINCT partition_id AS id FROM system.parts WHERE active AND database = 'dit' AND table = {table:String}",
    { table },
  );
  for (const { id } of partitions) {
    await warehouse.command(
      `ALTER TABLE ${name}${warehouse.tables.onCluster} CLEAR COLUMN ${sqlName(field)} IN PARTITION ID '${partitionId(id)}' SETTINGS mutations_sync = 2`,
    );
  }
  if ((await count()) > 0) throw new NotClearedError();
  return before;
}

/** By ingest day: `20261120`. */
function partitionId(id: string): string {
  if (!/^\d{8}$/.test(id)) throw new RangeError("not a partition by day");
  return id;
}

/** A report that was on its way came in meanwhile: the next run clears it too. */
class NotClearedError extends Error {
  override readonly name = "NotClearedError";
  readonly code = "values_left";
}
