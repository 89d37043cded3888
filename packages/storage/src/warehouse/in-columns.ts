import type { WarehouseInsert } from "./warehouse.ts";

/** Objects with equal keys, as an insert takes them. */
export function inColumns<T extends object>(
  objects: readonly T[],
): Pick<WarehouseInsert, "columns" | "rows"> {
  const columns = Object.keys(objects[0] ?? {}) as (keyof T & string)[];
  return { columns, rows: objects.map((object) => columns.map((column) => object[column])) };
}
