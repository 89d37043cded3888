import { expect, it } from "vitest";
import { measurePipelines } from "./pipeline-row.ts";

/** Two engines start and stop in it. */
const TIMEOUT_MS = 5 * 60_000;

it(
  "measures the pipeline beside the plain one, and both store every event",
  async () => {
    const measured = await measurePipelines({ reports: 40, turns: 1 });
    const turns = "turns" in measured ? measured.turns : [];
    expect(turns).toHaveLength(1);
    expect(turns[0]?.ours).toBeGreaterThan(0);
    expect(turns[0]?.peer).toBeGreaterThan(0);
  },
  TIMEOUT_MS,
);
