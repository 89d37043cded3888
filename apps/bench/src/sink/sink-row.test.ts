import { expect, it } from "vitest";
import { measureSink } from "./sink-row.ts";

it("measures the sink beside the engine alone, and both store every row", async () => {
  const [turn, ...others] = await measureSink({ batches: 1, turns: 1 });
  expect(others).toEqual([]);
  expect(turn?.ours).toBeGreaterThan(0);
  expect(turn?.peer).toBeGreaterThan(0);
});
