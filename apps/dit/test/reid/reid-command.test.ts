import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../../src/command-line.ts";
import { createTestIo } from "../support/test-io.ts";
import { until } from "../support/until.ts";
import {
  EVENT,
  FAULTY_FIELD,
  type FaultyBox,
  OTHER,
  PLANTED,
  startFaultyBox,
  USE_CASE,
} from "./faulty-box.ts";

const WITHIN_MS = 180_000;
const FIELD = [USE_CASE, EVENT, FAULTY_FIELD] as const;
const NAMED = ["--by", "<b>ada</b>", "--reason", 'an "incident" & more'] as const;

let box: FaultyBox;
beforeAll(async () => {
  // Its monitor runs before there is anything: yesterday is not over for it yet, but for the next one.
  box = await startFaultyBox({ DIT_REID_INTERVAL_MS: "600000", DIT_REID_SETTLE_SECONDS: "86400" });
  await box.storeFirstRow();
  await box.fillWindows(1_800);
  await box.halt();
  box = await startFaultyBox({ DIT_REID_INTERVAL_MS: "1000", DIT_REID_SETTLE_SECONDS: "1" }, box);
  const told = () => box.query(`SELECT 1 FROM system.tables WHERE name = 'reid_alerts' AND total_rows > 2`);
  await until(async () => (await told()).length > 0, WITHIN_MS, "nothing is told");
}, 2 * WITHIN_MS);
afterAll(() => box.stop(), WITHIN_MS);

async function reid(...args: readonly string[]): Promise<{ code: number; told: string }> {
  const io = createTestIo(box.env);
  const code = await runCommand(["reid", ...args], io);
  return { code, told: [...io.lines, ...io.errors].join("\n") };
}

describe("dit reid", () => {
  it("reports every field with its level and what is done about it, the most exposed first", {
    timeout: WITHIN_MS,
  }, async () => {
    const { code, told } = await reid("report");
    expect(code).toBe(0);
    const lines = told.split("\n").map((line) => line.trim().split(/ {2,}/));
    const names = lines.map(([name]) => name);
    expect(lines.find(([name]) => name === `${EVENT}.${FAULTY_FIELD}`)?.slice(1, 2)).toEqual(["block"]);
    expect(told).toMatch(new RegExp(`${EVENT}\\.${FAULTY_FIELD} .*blocked`));
    expect(told).toMatch(/opened\.battery +fine/);
    expect(names.indexOf(`${EVENT}.${FAULTY_FIELD}`)).toBeLessThan(names.indexOf(`${EVENT}.battery`));
    expect(told).not.toContain(PLANTED);
  });

  it("takes decisions of named people, and says what is in force then", async () => {
    const override = await reid("override", ...FIELD, ...NAMED, "--for", "12h");
    expect(override).toMatchObject({ code: 0, told: expect.stringMatching(/overridden until .* by <b>ada/) });
    const { policy } = await box.admin.fieldPolicy(USE_CASE);
    expect(policy.overrides).toMatchObject([{ field: FAULTY_FIELD, by: "<b>ada</b>" }]);
    const inHours = (Number(policy.overrides[0]?.untilSeconds) - Date.now() / 1_000) / 3_600;
    expect(inHours).toBeCloseTo(12, 1);
    expect((await reid("block", USE_CASE, EVENT, "battery", ...NAMED)).code).toBe(0);
    const unblocked = await reid("unblock", USE_CASE, EVENT, "battery", ...NAMED);
    expect(unblocked).toMatchObject({ code: 0, told: expect.not.stringContaining("battery  blocked") });
  });

  it.each([
    [["block", ...FIELD, "--by", "ada"], /--by and --reason/],
    [["block", USE_CASE, EVENT, ...NAMED], /name a use case, an event and a field/],
    [["override", ...FIELD, ...NAMED], /--for takes how long/],
    [["override", ...FIELD, ...NAMED, "--for", "0d"], /--for takes how long/],
    [["erase", ...FIELD, ...NAMED], /report, block, unblock, override, clear/],
    [["report", "now"], /"now" is one too many/],
    [["block", "nobody", EVENT, "battery", ...NAMED], /there is no use case "nobody"/],
    [["block", USE_CASE, EVENT, "nothing", ...NAMED], /field/],
  ])("calls %j a mistake", async (args, message) => {
    const { code, told } = await reid(...args);
    expect(code).toBeGreaterThan(0);
    expect(told).toMatch(message);
  });

  it("writes one page that holds together alone, with every figure and no value", {
    timeout: WITHIN_MS,
  }, async () => {
    const file = join(box.directory, "report.html");
    expect(await reid("report", "--html", file)).toMatchObject({ code: 0 });
    const page = await readFile(file, "utf8");
    expect(page).not.toMatch(/(src|href)\s*=|@import|url\(|<script/i);
    expect(page).toContain("prefers-color-scheme: dark");
    for (const name of [
      `${EVENT}.${FAULTY_FIELD}`,
      `${OTHER.event}.${OTHER.field}`,
      "overridden",
      "Open alerts",
    ]) {
      expect(page).toContain(name);
    }
    expect(page).toMatch(new RegExp(`in ${OTHER.useCase}\\.${OTHER.event}\\.${OTHER.field}</th>`));
    // The curve of the faulty field: all of its values, and everyone, below each k.
    expect(page).toMatch(/installed_ms\. values: 2: 100\.0 %, 5: 100\.0 %.*clients: 2: 100\.0 %/);
    expect(page).toMatch(/battery\. values: 2: 0\.0 %.*100: 100\.0 %/);
    expect(page).toContain("&#60;b&#62;ada");
    expect(page).not.toContain("<b>ada");
    expect(page).not.toContain(PLANTED);
  });
});
