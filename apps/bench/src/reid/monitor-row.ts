import type { Row } from "../table/row.ts";
import { runReid } from "./run-reid.ts";

/** Three figures, each with a target; `bench reid --rows N` measures the same with fewer rows. */
export const monitorRow: Row = {
  name: "monitor",
  what: "monitor: a window of 10^7 rows, ten fields",
  against: "GROUP BY value with uniqExact(pid); the figures stand above the table",
  target: { own: "time >= 1x, memory <= 0.2x, error <= 5 %" },
  measure: async () => ({ met: await runReid([]) }),
};
