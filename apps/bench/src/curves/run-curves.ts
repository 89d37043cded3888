import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { readMachine } from "../table/machine.ts";
import type { Curve, MeasuredCurves } from "./curve.ts";
import { measureIssueCurve } from "./measure-issue-curve.ts";
import { measureMonitorCurve } from "./measure-monitor-curve.ts";
import { measurePipelineCurve } from "./measure-pipeline-curve.ts";
import { measureRedeemCurve } from "./measure-redeem-curve.ts";
import { measureSinkCurve } from "./measure-sink-curve.ts";

/** `curves [--curves FILE]`: prints what each operation costs as its size grows, and writes it to that file, from which docs/SCALE.md is drawn. */
export async function runCurves(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { curves: { type: "string" } } });
  const { cpu, cores, node, loadAverage } = await readMachine();
  const { curve: redeemCurve, bytesPerToken } = await measureRedeemCurve();
  const curves = [
    await measureIssueCurve(),
    redeemCurve,
    await measurePipelineCurve(),
    await measureSinkCurve(),
    await measureMonitorCurve(),
  ];
  for (const curve of curves) console.log(lineOf(curve));
  console.log(`embedded counters: ${bytesPerToken.toFixed(0)} bytes on disk a live token`);
  const machine = `${cpu}, ${cores} cores, Node ${node}`;
  const measured: MeasuredCurves = { machine, loadAverage, bytesPerToken, curves };
  if (values.curves !== undefined) {
    await writeFile(values.curves, `${JSON.stringify(measured, undefined, 2)}\n`);
  }
}

function lineOf({ name, costUnit, sizeUnit, points }: Curve): string {
  const texts = points.map(({ size, cost }) => `${cost.toPrecision(3)} at ${size}`);
  return `${name}: ${costUnit} by ${sizeUnit}: ${texts.join(", ")}`;
}
