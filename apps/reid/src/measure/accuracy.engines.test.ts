import { afterAll, beforeAll, expect, it } from "vitest";
import { compareTables } from "../../test/accuracy.ts";
import { openTestStores, type TestStores } from "../../test/harness.ts";

let stores: TestStores;
beforeAll(async () => {
  stores = await openTestStores();
});
afterAll(() => stores.close());

const TABLES = 100;

it(`estimates ${TABLES} random tables within three standard errors, as often as three standard errors say`, async () => {
  const comparisons = await compareTables(stores.warehouse, 2, TABLES);
  const byEstimate = [...Map.groupBy(comparisons, ({ estimate }) => estimate)];
  for (const [estimate, all] of byEstimate) {
    const sampled = all.filter((each) => each.sampled);
    const largest = Math.max(0, ...sampled.map(({ deviations }) => deviations));
    const squares = sampled.reduce((sum, { deviations }) => sum + deviations ** 2, 0) / sampled.length;
    const within = all.filter(({ deviations }) => deviations <= 3).length;
    process.stdout.write(
      `${estimate.padEnd(20)} ${all.length} tables, ${sampled.length} sampled: ${within} within 3 standard errors; largest ${largest.toFixed(2)}, root mean square ${Math.sqrt(squares).toFixed(2)}\n`,
    );
    // An estimator whose errors were larger than stated would be off by more than one of them on average.
    expect(Math.sqrt(squares)).toBeLessThan(1.3);
  }
  const off = comparisons.filter(({ deviations }) => deviations > 3);
  process.stdout.write(`${comparisons.length} estimates, off by more: ${JSON.stringify(off)}\n`);
  // 0.27 % of a normal distribution is beyond.
  expect(off.length / comparisons.length).toBeLessThan(0.01);
  expect(off.filter(({ deviations }) => deviations > 5)).toEqual([]);
  expect(new Set(comparisons.map(({ table }) => table)).size).toBe(TABLES);
});
