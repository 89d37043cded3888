import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PrometheusPrograms, prometheusPrograms } from "@dit/local";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { ALERTS_FILE, readAlertRules } from "./alert-rules.ts";
import { HEALTHY_MINUTES, PLANTED_CONDITIONS, type PlantedCondition } from "./planted-conditions.ts";
import { repositoryPath } from "./repository.ts";

const rules = readAlertRules();
const FIRES_AFTER_MINUTES = 58;
const HEALTHY_UNTIL_MINUTES = HEALTHY_MINUTES - 1;

let directory: string;
let programs: PrometheusPrograms;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dit-alerts-"));
  programs = await prometheusPrograms();
});
afterAll(() => rm(directory, { recursive: true }));

interface Expectation {
  readonly expr: string;
  readonly minutes: number;
  /** The series that the expression has then, each 1. */
  readonly series: readonly string[];
}

/** Runs promtool on the rules that are shipped. Rejects with what it prints if an expectation does not hold. */
async function test(
  series: PlantedCondition["series"],
  expectations: readonly Expectation[],
): Promise<string> {
  const file = {
    rule_files: [repositoryPath(ALERTS_FILE)],
    evaluation_interval: "1m",
    tests: [
      {
        interval: "1m",
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: expectations.map(({ expr, minutes, series: expected }) => ({
          expr,
          eval_time: `${minutes}m`,
          exp_samples: expected.map((labels) => ({ labels, value: 1 })),
        })),
      },
    ],
  };
  const path = join(directory, "test.yml");
  await writeFile(path, stringify(file));
  return await programs.promtool(["test", "rules", path]);
}

function firing({ alert, labels = {} }: PlantedCondition): string {
  const severity = rules.find((rule) => rule.alert === alert)?.labels?.severity;
  const all = { alertname: alert, alertstate: "firing", severity, ...labels };
  return `ALERTS{${Object.entries(all).map(([name, value]) => `${name}="${value}"`)}}`;
}

const healthy: PlantedCondition["series"] = Object.assign(
  {},
  ...PLANTED_CONDITIONS.map(({ series }) => series),
);

it("there is a planted condition for every alert", () => {
  const planted = new Set(PLANTED_CONDITIONS.map(({ alert }) => alert));
  expect(["Watchdog", ...planted].toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted());
});

describe.each(PLANTED_CONDITIONS.map((planted) => [planted.alert, planted] as const))(
  "%s",
  (alert, planted) => {
    it("is silent while all is well, and fires on what it is made for", async () => {
      const expr = `ALERTS{alertname="${alert}", alertstate="firing"}`;
      await test(planted.series, [
        { expr, minutes: HEALTHY_UNTIL_MINUTES, series: [] },
        {
          expr,
          minutes: HEALTHY_MINUTES + (planted.firesAfterMinutes ?? FIRES_AFTER_MINUTES),
          series: [firing(planted)],
        },
      ]);
    });
  },
);

it("of a healthy deployment only the watchdog fires, and nothing else waits to", async () => {
  await test(healthy, [
    {
      expr: "ALERTS",
      minutes: HEALTHY_UNTIL_MINUTES,
      series: [firing({ alert: "Watchdog", series: {} })],
    },
  ]);
});

it("promtool would find an alert that does not fire", async () => {
  const [planted] = PLANTED_CONDITIONS;
  if (planted === undefined) throw new Error("nothing is planted");
  const expr = `ALERTS{alertname="${planted.alert}"}`;
  const silent = test(planted.series, [{ expr, minutes: HEALTHY_UNTIL_MINUTES, series: [firing(planted)] }]);
  await expect(silent).rejects.toThrow("exp:");
});

it.each(["infra/prometheus/prometheus.yml", "infra/prometheus/one-box.yml"])(
  "%s is what Prometheus understands, without a warning",
  async (path) => {
    const told = await programs.promtool(["check", "config", "--lint-fatal", repositoryPath(path)]);
    expect(told).toMatch(new RegExp(`SUCCESS: ${rules.length} rules found`));
  },
);

const ALERTMANAGER_FILE = "infra/alertmanager/alertmanager.yml";

it("infra/alertmanager/alertmanager.yml is what Alertmanager understands, and pages for what is critical", async () => {
  const config = repositoryPath(ALERTMANAGER_FILE);
  expect(await programs.amtool(["check-config", config])).toContain("SUCCESS");
  const receiverOf = async (...labels: string[]) =>
    (await programs.amtool(["config", "routes", "test", `--config.file=${config}`, ...labels])).trim();
  expect(await receiverOf("alertname=RecordsLost", "severity=critical")).toBe("pager");
  expect(await receiverOf("alertname=SinkBehind", "severity=warning")).toBe("working-hours");
  expect(await receiverOf("alertname=Watchdog", "severity=info")).toBe("watchdog");
  // What the monitor says of itself; in one receiver with the other, neither could be missed.
  expect(await receiverOf("alertname=DitReidAlive", "severity=none")).toBe("reid-watchdog");
  expect(await receiverOf("alertname=DitReidentifying", "severity=critical")).toBe("pager");
});

it.each([
  ["a receiver that is not there", "receiver: pager", "receiver: nobody", /undefined receiver "nobody"/],
  ["a key that is none", "group_wait: 30s", "group_waits: 30s", /field group_waits not found/],
  ["a matcher that is none", 'severity = "critical"', "severity critical", /bad matcher format/],
])("amtool would find %s", async (_fault, sound, faulty, said) => {
  const shipped = await readFile(repositoryPath(ALERTMANAGER_FILE), "utf8");
  expect(shipped).toContain(sound);
  const path = join(directory, "alertmanager.yml");
  await writeFile(path, shipped.replace(sound, faulty));
  await expect(programs.amtool(["check-config", path])).rejects.toThrow(said);
});
