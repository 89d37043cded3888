import type { UseCase } from "@dit/protocol/schemas";
import type { Warehouse } from "@dit/storage";
import type { EventTable } from "./applied-schema.ts";
import { createEventView, eventViewName, VIEWS_DATABASE } from "./event-view-ddl.ts";

/** Makes the view, also in place of one that is not what it should be by now. */
export async function ensureEventView(
  warehouse: Warehouse,
  document: UseCase,
  event: string,
  { fields }: EventTable,
): Promise<void> {
  const view = createEventView(document, event, fields, warehouse.tables);
  const [existing] = await warehouse.query<{ comment: string }>(
    "SELECT comment FROM system.tables WHERE database = {database:String} AND name = {name:String}",
    {
      database: VIEWS_DATABASE,
      name: eventViewName(document.useCase, event).slice(`${VIEWS_DATABASE}.`.length),
    },
  );
  if (existing?.comment !== view.comment) await warehouse.command(view.sql);
}
