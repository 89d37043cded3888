import { expect, it } from "vitest";
import { measureSink } from "./sink-row.ts";

/** An engine starts and stops in it. */
const TIMEOUT_MS = 5 * 60_000;

it(
  "measures the sink beside the engine alone, and both store every row",
  async () => {
    const measured = await measureSink({ batches: 1, turns: 1 });
    const turns = "turns" in measured ? measured.turns : [];
    expect(turns).toHaveLength(1);
    expect(turns[0]?.ours).toBeGreaterThan(0);
    expect(turns[0]?.peer).toBeGreaterThan(0);
  },
  TIMEOUT_MS,
);
