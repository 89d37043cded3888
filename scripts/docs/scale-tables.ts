import keptCosts from "../../apps/bench/measured/unit-costs.json" with { type: "json" };
import { DEFAULT_ASSUMPTIONS } from "../../apps/bench/src/capacity/assumptions.ts";
import { capacityTables } from "../../apps/bench/src/capacity/capacity-tables.ts";

/** The tables of docs/SCALE.md: what the kept run measured, and what follows for the default assumptions. */
export function scaleTables(): Record<string, string> {
  return capacityTables(keptCosts, DEFAULT_ASSUMPTIONS);
}
