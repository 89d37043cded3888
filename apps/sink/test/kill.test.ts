import { expect, it } from "vitest";
import { killAgainAndAgain } from "./kill-run.ts";

it("kill -9, eight times in mid-work: every event is stored exactly once", async () => {
  const result = await killAgainAndAgain(8, 3_000);
  expect(result.stored).toEqual({ rows: result.expectedRows, different: result.expectedRows });
  expect(result.ledger).toEqual({ events: result.expectedEvents, settled: result.expectedEvents });
  expect(result.interrupted).toBeGreaterThan(0);
}, 180_000);
