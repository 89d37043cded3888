import type { Clock } from "@dit/service-kit";
import type { Warehouse } from "@dit/storage";

/** The warehouse's clock minus this one: it decides which day's rows are over. */
export async function readWarehouseSkewSeconds(warehouse: Warehouse, clock: Clock): Promise<number> {
  const askedAtMs = clock.nowMs();
  const [row] = await warehouse.query<{ nowMs: string }>(
    "SELECT toString(toUnixTimestamp64Milli(now64(3))) AS nowMs",
  );
  return (Number(row?.nowMs) - (askedAtMs + clock.nowMs()) / 2) / 1000;
}
