import { expect, it } from "vitest";
import { measureUnitCosts } from "./measure-unit-costs.ts";

/** Bytes of a credential header and a request line, beside the smallest size bucket. */
const HEADERS_BYTES = 300;

it("measures every cost on real engines, and what rests is of the size that its format has", async () => {
  const { costs, evaluationSeconds } = await measureUnitCosts({
    issueRequests: 10,
    reports: 400,
    warmUpReports: 200,
    say: () => undefined,
  });
  expect(Object.values(costs).every(Number.isFinite)).toBe(true);
  expect(costs.requestBytesPerReport).toBeGreaterThan(1_024);
  expect(costs.requestBytesPerReport).toBeLessThan(1_024 + HEADERS_BYTES);
  // 20 events in JSON.
  expect(costs.logBytesPerReport).toBeGreaterThan(1_000);
  expect(costs.logBytesPerReport).toBeLessThan(4_000);
  expect(costs.warehouseBytesPerEvent).toBeGreaterThan(5);
  expect(costs.warehouseBytesPerEvent).toBeLessThan(100);
  // Keyed hashes of 16 bytes with 8 members of 8, and what Redis adds.
  expect(costs.redisBytesPerToken).toBeGreaterThan(80);
  expect(costs.redisBytesPerToken).toBeLessThan(1_500);
  // A redemption is an evaluation, and some more.
  expect(costs.acsSecondsPerReport).toBeGreaterThan(evaluationSeconds * 0.5);
  expect(costs.acsSecondsPerToken).toBeGreaterThan(0);
});
