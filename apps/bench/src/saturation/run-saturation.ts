import { writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { inTemporaryDirectory } from "../temporary-directory.ts";
import { type Box, startBox } from "./box.ts";
import { findKnee } from "./find-knee.ts";
import { createSender, type Sender, type Shot } from "./open-loop.ts";
import { createReportSupply, type ReportSupply } from "./report-supply.ts";
import { recoverySeconds, summarize } from "./summarize.ts";
import { judge, type Measured, type Step } from "./verdict.ts";

/** What a compiler learns in them, a service knows after its first minute. */
const WARM_UP = { ratePerSecond: 120, seconds: 12 };
const SEARCH_SECONDS = 3;
const REST_MS = 500;
const STEADY_SHARE = 0.7;
const STEADY_SECONDS = 10;
const OVERLOAD_FACTOR = 2;
const OVERLOAD_SECONDS = 15;
const RECOVERY_SECONDS = 13;

/** `saturation [--json FILE]`: one box at, below and far beyond its knee. False if a target is missed. */
export async function runSaturation(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({ args: [...args], options: { json: { type: "string" } } });
  return inTemporaryDirectory(async (directory) => {
    const box = await startBox(directory);
    try {
      const measured = await measure(box);
      const targets = judge(measured);
      const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}`;
      if (values.json !== undefined) {
        const result = { machine, loadAverage: loadavg()[0], ...measured, targets };
        await writeFile(values.json, `${JSON.stringify(result, undefined, 2)}\n`);
      }
      console.log(
        `\nknee ${measured.kneePerSecond} reports/s; ${machine}, load average ${loadavg()[0]?.toFixed(1)}\n`,
      );
      for (const { what, measured: seen, isMet } of targets)
        console.log(`${isMet ? "yes" : "NO "}  ${what}: ${seen}`);
      return targets.every(({ isMet }) => isMet);
    } finally {
      await box.stop();
    }
  });
}

async function measure(box: Box): Promise<Measured> {
  const supply = await createReportSupply(box);
  const sender = createSender(box.addresses.edgeUrl);
  const run = async (name: string, ratePerSecond: number, seconds: number) => {
    const { step, shots } = await runStep({ box, supply, sender }, { name, ratePerSecond, seconds });
    console.log(describe(step));
    return { step, shots };
  };
  await run("warm-up", WARM_UP.ratePerSecond, WARM_UP.seconds);
  const kneePerSecond = await findKnee(async (rate) => {
    await sleep(REST_MS);
    return (await run("search", rate, SEARCH_SECONDS)).step;
  });
  await sleep(REST_MS);
  const steadyPerSecond = kneePerSecond * STEADY_SHARE;
  const { step: before } = await run("70 % of the knee", steadyPerSecond, STEADY_SECONDS);
  const { step: overload } = await run(
    "200 % of the knee",
    kneePerSecond * OVERLOAD_FACTOR,
    OVERLOAD_SECONDS,
  );
  const { step: after, shots } = await run("70 % again", steadyPerSecond, RECOVERY_SECONDS);
  sender.close();
  return { kneePerSecond, before, overload, after, recoverySeconds: recoverySeconds(shots, before) };
}

async function runStep(
  { box, supply, sender }: { readonly box: Box; readonly supply: ReportSupply; readonly sender: Sender },
  {
    name,
    ratePerSecond,
    seconds,
  }: { readonly name: string; readonly ratePerSecond: number; readonly seconds: number },
): Promise<{ readonly step: Step; readonly shots: readonly Shot[] }> {
  const reports = supply.take(Math.round(ratePerSecond * seconds));
  await box.sample();
  const shots = await sender.sendAtRate(reports, ratePerSecond);
  return { shots, step: { name, ...summarize(shots, seconds), ...(await box.sample()) } };
}

function describe(step: Step): string {
  const refused = Object.entries(step.refusedPerSecond).map(
    ([status, rate]) => `${status}: ${rate.toFixed(0)}/s`,
  );
  return [
    `${step.name}: ${step.offeredPerSecond.toFixed(0)}/s offered, ${step.acceptedPerSecond.toFixed(0)}/s accepted`,
    `p50 ${step.acceptedP50Ms.toFixed(0)} ms, p99 ${step.acceptedP99Ms.toFixed(0)} ms`,
    refused.length === 0
      ? "none refused"
      : `refused ${refused.join(", ")} in p99 ${step.refusedP99Ms.toFixed(0)} ms`,
    `event loop p99 ${step.eventLoopDelayP99Ms.toFixed(0)} ms, busy ${(100 * step.busyShare).toFixed(0)} %`,
    `${Math.round(step.rssBytes / 2 ** 20)} MiB (peak ${Math.round(step.peakRssBytes / 2 ** 20)})`,
  ].join("; ");
}
