import { createManualClock } from "@dit/service-kit";
import { expect, it } from "vitest";
import { readWarehouseSkewSeconds } from "../src/warehouse-clock.ts";
import {
  append,
  createTestAcs,
  createTestSink,
  drained,
  makeReport,
  makeUseCase,
  type Ports,
  until,
} from "./harness.ts";
import { useTestStores } from "./use-test-stores.ts";

const stores = useTestStores();

async function start(ports: Ports) {
  const document = makeUseCase();
  const { directory } = await createTestAcs(document);
  await append(ports.eventLog, [makeReport(document.useCase)]);
  const clock = createManualClock(Date.now());
  const test = await createTestSink(ports, directory, { clock });
  return { ...test, clock, startedAtSeconds: Math.floor(clock.nowMs() / 1000) };
}

it("say when each job last succeeded, and at first when the sink was started", async () => {
  const ports = await stores.open();
  const { sink, metrics, clock, startedAtSeconds } = await start(ports);
  await sink.start();
  await drained(ports);
  for (const job of ["salt_check", "account", "reconciliation"])
    expect(await metrics.value(`${job}_success_timestamp_seconds`)).toBe(startedAtSeconds);
  clock.advance(60_000);
  await sink.destroyExpiredSalts();
  await sink.reconcile();
  const timeOf = (job: string) => metrics.value(`${job}_success_timestamp_seconds`);
  expect(await Promise.all(["salt_check", "reconciliation", "account"].map(timeOf))).toEqual([
    startedAtSeconds + 60,
    startedAtSeconds + 60,
    startedAtSeconds,
  ]);
  expect(await metrics.value("reconciliations_total", { outcome: "failed" })).toBe(0);
  expect(await metrics.value("ranges_compared_total")).toBeGreaterThan(0);
  await sink.stop();
});

it("tell of a warehouse that is down: failures by reason, a partition that waits, a reconciliation that failed", async () => {
  const open = await stores.open();
  let isDown = false;
  const query: Ports["warehouse"]["query"] = (sql, parameters) =>
    isDown
      ? Promise.reject(Object.assign(new Error("down"), { code: "ECONNREFUSED" }))
      : open.warehouse.query(sql, parameters);
  const ports = { ...open, warehouse: { ...open.warehouse, query } };
  const { sink, metrics, clock } = await start(ports);
  await sink.start();
  await drained(ports);
  isDown = true;
  await expect(sink.reconcile()).rejects.toThrow("down");
  expect(await metrics.value("reconciliations_total", { outcome: "failed" })).toBe(1);
  const labels = { dependency: "warehouse", reason: "ECONNREFUSED" };
  expect(await metrics.value("dependency_failures_total", labels)).toBeGreaterThan(0);
  isDown = false;
  await sink.stop();

  await append(ports.eventLog, [makeReport("nobody_knows_it")]);
  await sink.progress();
  clock.advance(90_000);
  await sink.progress();
  expect(await metrics.value("lag_seconds")).toBe(90);
  expect(await metrics.value("lag_records")).toBe(1);
  await sink.start();
  await drained(ports);
  await sink.progress();
  expect(await metrics.value("lag_seconds")).toBe(0);
  await sink.stop();
});

it("time each operation of a store", async () => {
  const ports = await stores.open();
  const { sink, metrics } = await start(ports);
  await sink.start();
  await drained(ports);
  const counted = (dependency: string, operation: string) =>
    metrics.value("dependency_seconds_count", { dependency, operation });
  await until(async () => (await counted("event_log", "commit")) >= 2);
  expect(await counted("warehouse", "insert")).toBeGreaterThanOrEqual(3);
  expect(await counted("documents", "commit")).toBeGreaterThanOrEqual(1);
  await sink.stop();
});

it("tell how far the warehouse's clock is from the sink's", async () => {
  const { warehouse } = await stores.open();
  const behind = createManualClock(Date.now() - 3_600_000);
  const skewSeconds = await readWarehouseSkewSeconds(warehouse, behind);
  expect(skewSeconds).toBeGreaterThan(3_590);
  expect(skewSeconds).toBeLessThan(3_610);
});
