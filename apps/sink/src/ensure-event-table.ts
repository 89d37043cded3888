import type { UseCase } from "@dit/protocol/schemas";
import type { Warehouse } from "@dit/storage";
import { eventTableName } from "./applied-schema.ts";
import { addMissingColumns, createEventTable, type ExistingTable } from "./event-table-ddl.ts";

/** Another sink may make the same table at the same time, of another version of the document: what is there is looked at again. */
const MAX_ROUNDS = 5;

/** Makes the table and the columns that are missing. Answers the table as it is then; a column keeps the type that it was made with first. */
export async function ensureEventTable(
  warehouse: Warehouse,
  document: UseCase,
  event: string,
): Promise<ExistingTable> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const existing = await describeTable(warehouse, eventTableName(document.useCase, event));
    const missing =
      existing === undefined
        ? [createEventTable(document, event, warehouse.tables)]
        : addMissingColumns(document, event, existing, warehouse.tables);
    if (existing !== undefined && missing.length === 0) return existing;
    for (const statement of missing) await warehouse.command(statement);
  }
  throw new Error("a table that was made is not there");
}

async function describeTable(warehouse: Warehouse, table: string): Promise<ExistingTable | undefined> {
  const where = { database: "dit", table: table.slice("dit.".length) };
  const [described] = await warehouse.query<{ comment: string; engine: string }>(
    "SELECT comment, engine_full AS engine FROM system.tables WHERE database = {database:String} AND name = {table:String}",
    where,
  );
  if (described === undefined) return undefined;
  const columns = await warehouse.query<ExistingTable["columns"][number]>(
    "SELECT name, type, comment FROM system.columns WHERE database = {database:String} AND table = {table:String}",
    where,
  );
  return { columns, ...described };
}
