import { openChdbWarehouse } from "@dit/storage/warehouse/chdb";
import { BENCH_TABLE, createBenchTable, insertBenchRows } from "./bench-table.ts";
import { measureAsTheMonitor } from "./measure-as-the-monitor.ts";
import { measureExactly } from "./measure-exactly.ts";
import type { Measured } from "./measured-field.ts";

const WAYS = { idle: async () => [], monitor: measureAsTheMonitor, exact: measureExactly };
const GIB = 1_024 ** 3;

/** A process each, so that the peak of its memory is that of one way alone: `<fill|idle|monitor|exact> <path> <window> <rows>`. */
const [step, path = "", window, rows] = process.argv.slice(2);
const warehouse = await openChdbWarehouse({ path, maxMemoryBytes: 12 * GIB });
if (step === "fill") {
  await createBenchTable(warehouse);
  await insertBenchRows(warehouse, Number(window), Number(rows));
}
if (step === "idle" || step === "monitor" || step === "exact") {
  await warehouse.query(`SELECT any(pid) FROM ${BENCH_TABLE}`);
  const cpuBefore = process.cpuUsage();
  const startedAtMs = performance.now();
  const fields = await WAYS[step](warehouse, Number(window));
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const measured: Measured = {
    fields,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    peakBytes: process.resourceUsage().maxRSS * 1_024,
  };
  process.stdout.write(JSON.stringify(measured));
}
await warehouse.close();
