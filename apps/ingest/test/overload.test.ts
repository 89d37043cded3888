import { expect, test } from "vitest";
import { plainBody, refusal } from "./plain-report.ts";
import { signReport } from "./reports.ts";
import { startRig, until } from "./rig.ts";

test("more reports at once than there is room for are refused, and counted", async () => {
  const rig = await startRig({ limits: { maxInFlightReports: 1 } });
  const answering = Promise.withResolvers<void>();
  rig.acs.redeemsAfter = answering.promise;
  const send = () => rig.send(signReport({ credential: rig.credential(), body: plainBody }));
  const sent = [send(), send()];
  const sooner = await Promise.race(sent);
  expect(await refusal(sooner)).toEqual([503, "overloaded"]);
  answering.resolve();
  expect((await Promise.all(sent)).map(({ status }) => status).sort()).toEqual([202, 503]);
  expect(await rig.metrics.value("reports_rejected_total", { code: "overloaded" })).toBe(1);
});

test("a full ingest refuses before a body is there and ACS is asked, and only for as long as it is full", async () => {
  const held = Promise.withResolvers<void>();
  const rig = await startRig({
    limits: { maxInFlightReports: 1 },
    wrapLog: (log) => ({ ...log, append: (...records) => held.promise.then(() => log.append(...records)) }),
  });
  const first = rig.send(signReport({ credential: rig.credential(), body: plainBody }));
  await until(() => rig.acs.redeemBatchSizes.length === 1);
  const second = signReport({ credential: rig.credential(), body: plainBody });
  const refused = await rig.sendWithoutBody(second);
  expect([refused.statusCode, refused.headers["retry-after"]]).toEqual([503, "1"]);
  expect(await rig.metrics.value("requests_shed_total", { operation: "report" })).toBe(1);
  expect(rig.acs.redeemBatchSizes).toEqual([1]);
  held.resolve();
  expect((await first).status).toBe(202);
  expect((await rig.send(second)).status).toBe(202);
  expect(await rig.reports()).toHaveLength(2);
});

test("a log that hung does not make it shed for ever", async () => {
  let isHanging = true;
  const rig = await startRig({
    limits: { maxInFlightReports: 1, appendTimeoutMs: 50 },
    wrapLog: (log) => ({
      ...log,
      append: (...records) => (isHanging ? new Promise(() => undefined) : log.append(...records)),
    }),
  });
  const report = signReport({ credential: rig.credential(), body: plainBody });
  expect(await refusal(await rig.send(report))).toEqual([503, "dependency_unavailable"]);
  isHanging = false;
  expect((await rig.send(report)).status).toBe(202);
  expect(await rig.reports()).toHaveLength(1);
});

test("reports that come while others are asked about are redeemed together", async () => {
  const rig = await startRig({ limits: { redeemMaxItems: 4, redeemMaxWaitMs: 60_000 } });
  const answering = Promise.withResolvers<void>();
  rig.acs.redeemsAfter = answering.promise;
  const send = () => rig.send(signReport({ credential: rig.credential(), body: plainBody }));
  const first = send();
  await expect.poll(() => rig.acs.redeemBatchSizes, { timeout: 20_000 }).toEqual([1]);
  const others = [send(), send(), send(), send()];
  await expect.poll(() => rig.acs.redeemBatchSizes, { timeout: 20_000 }).toEqual([1, 4]);
  answering.resolve();
  const statuses = (await Promise.all([first, ...others])).map(({ status }) => status);
  expect(statuses).toEqual(Array(5).fill(202));
});
