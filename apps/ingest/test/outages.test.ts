import { describe, expect, test } from "vitest";
import { confirmed, plainBody, refusal } from "./plain-report.ts";
import { signReport } from "./reports.ts";
import { startRig, until } from "./rig.ts";

describe("while something is down", () => {
  test("ACS: nothing is acknowledged, and the same report passes once it is back", async () => {
    const rig = await startRig();
    rig.acs.isDown = true;
    const report = signReport({ credential: rig.credential(), body: plainBody });
    for (let attempt = 0; attempt < 3; attempt++) {
      const response = await rig.send(report);
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await refusal(response)).toEqual([503, "dependency_unavailable"]);
    }
    expect(await rig.reports()).toEqual([]);
    expect(rig.logLines.filter((line) => line.includes("dependency.failed"))).toHaveLength(1);
    rig.acs.isDown = false;
    expect((await rig.send(report)).status).toBe(202);
    expect(await rig.reports()).toHaveLength(1);
  });

  test("ACS refuses this service: no reason for a client to drop its report", async () => {
    const rig = await startRig();
    rig.acs.refusesService = true;
    const response = await rig.send(signReport({ credential: rig.credential(), body: plainBody }));
    expect(await refusal(response)).toEqual([503, "dependency_unavailable"]);
  });

  test("the event log: nothing is acknowledged, and the retry says that it may repeat", async () => {
    let isDown = true;
    const rig = await startRig({
      wrapLog: (log) => ({
        ...log,
        append: (topic, records) =>
          isDown ? Promise.reject(new Error("disk full: alice")) : log.append(topic, records),
      }),
    });
    const report = signReport({ credential: rig.credential(), body: plainBody });
    const response = await rig.send(report);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await refusal(response)).toEqual([503, "dependency_unavailable"]);
    isDown = false;
    expect((await rig.send(report)).status).toBe(202);
    expect((await rig.reports()).map(({ mayRepeat }) => mayRepeat)).toEqual([true]);
    expect(rig.logLines.join()).not.toContain("alice");
  });

  test("the event log hangs: the client is not kept waiting", async () => {
    const rig = await startRig({
      limits: { appendTimeoutMs: 20 },
      wrapLog: (log) => ({ ...log, append: () => new Promise(() => undefined) }),
    });
    const response = await rig.send(signReport({ credential: rig.credential(), body: plainBody }));
    expect(await refusal(response)).toEqual([503, "dependency_unavailable"]);
  });

  test("readiness says what and why", async () => {
    const rig = await startRig();
    const readyz = async () => (await fetch(`${rig.service.adminUrl}/readyz`)).json();
    rig.acs.isDown = true;
    expect(await readyz()).toEqual({
      ready: false,
      dependencies: {
        acs: { ok: false, reason: "dependency_unavailable" },
        event_log: { ok: true },
        use_cases: { ok: true },
      },
    });
  });

  test("ACS, for redemptions and confirmations alike: one outage, two lines", async () => {
    const rig = await startRig();
    const outages = () =>
      rig.logLines.map((line) => JSON.parse(line).event).filter((event) => event.startsWith("dependency."));
    rig.acs.refusesConfirmations = true;
    await rig.send(signReport({ credential: rig.credential(), body: plainBody }));
    await until(() => outages().length > 0);
    rig.acs.isDown = true;
    const refused = await rig.send(signReport({ credential: rig.credential(), body: plainBody }));
    expect(refused.status).toBe(503);
    expect(outages()).toEqual(["dependency.failed"]);
    rig.acs.isDown = false;
    rig.acs.refusesConfirmations = false;
    await confirmed(rig, 1);
    expect(outages()).toEqual(["dependency.failed", "dependency.recovered"]);
  });

  test("confirmations wait and are sent when ACS is back", async () => {
    const rig = await startRig();
    rig.acs.refusesConfirmations = true;
    const report = signReport({ credential: rig.credential(), body: plainBody });
    await rig.send(report);
    await until(() => rig.logLines.some((line) => line.includes("dependency.failed")));
    rig.acs.refusesConfirmations = false;
    await confirmed(rig, 1);
    await rig.send(report);
    expect(await rig.reports()).toHaveLength(1);
  });
});
