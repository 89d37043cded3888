import { describe, expect, test } from "vitest";
import { PSEUDONYM, screenView, signReport } from "../test/reports.ts";
import { EPOCH, START_MS, startRig } from "../test/rig.ts";

const nowSeconds = Math.floor(START_MS / 1000);
const body = (...events: unknown[]) => ({ pseudonym: PSEUDONYM, events });

describe("a genuine report", () => {
  test("is in the log before it is answered, without token, MAC or anything finer than its use case says", async () => {
    const rig = await startRig();
    const event = screenView(nowSeconds, {
      screen: "home",
      duration_ms: 12,
      is_cold: true,
      score: 0.5,
      locale: "de",
    });
    const report = signReport({ credential: rig.credential(), body: body(event), gzip: true });
    const response = await rig.send(report);
    expect(response.status).toBe(202);
    expect(await response.text()).toBe("");
    expect(await rig.reports()).toEqual([
      {
        useCase: "app_usage",
        schemaVersion: 7,
        epoch: EPOCH,
        epochSeconds: 86_400,
        reportId: expect.stringMatching(/^[0-9a-f]{32}$/),
        ingestDay: "2026-01-15",
        mayRepeat: false,
        pseudonym: PSEUDONYM,
        events: [{ ...event, at: nowSeconds - (nowSeconds % 60) }],
      },
    ]);
  });
});
