import type { Row } from "../table/row.ts";
import { compareReid } from "./compare-reid.ts";

const ROWS = 10_000_000;

/** Three figures, each with a target; `bench reid --rows N` measures the same with fewer rows. */
export const monitorRow: Row = {
  name: "monitor",
  what: "monitor: two windows of 10^7 rows, ten fields",
  against: "GROUP BY value with uniqExact(pid); the figures stand above the table",
  target: { own: "time >= 1x, memory <= 0.2x, error <= 5 %" },
  measure: async () => ({ met: await compareReid(ROWS) }),
};
