import { expect, it } from "vitest";
import { processorSeconds } from "./processor-seconds.ts";

it.skipIf(process.platform !== "linux")("counts what a process does, and not how long it waits", async () => {
  const before = await processorSeconds(process.pid);
  const used = process.cpuUsage();
  while (process.cpuUsage(used).user < 200_000);
  const worked = (await processorSeconds(process.pid)) - before;
  expect(worked).toBeGreaterThan(0.18);
  const waitedFrom = await processorSeconds(process.pid);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect((await processorSeconds(process.pid)) - waitedFrom).toBeLessThan(0.1);
});
