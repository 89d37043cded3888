import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { checkExpression } from "../src/check-expression.ts";
import { readPromql } from "../src/promql.ts";
import { describeMetrics, SERVICES } from "../src/service-metrics.ts";
import { type AlertRule, readAlertRules } from "./alert-rules.ts";
import { readRepositoryFile } from "./repository.ts";

const rules = readAlertRules();
const known = SERVICES.flatMap((service) => describeMetrics(service));
const RUNBOOK = "docs/OPERATIONS.md";
const runbook = readRepositoryFile(RUNBOOK);

const faultsOf = ({ alert, for: duration, labels = {}, annotations = {} }: AlertRule): string[] => {
  const sections = runbook.split("\n").filter((line) => line === `### ${alert}`);
  return [
    ...(duration === undefined ? ["says not for how long"] : []),
    ...(["critical", "warning", "info"].includes(labels.severity ?? "") ? [] : ["has no severity"]),
    ...(annotations.summary === undefined ? ["has no summary"] : []),
    ...(annotations.description === undefined ? ["has no description"] : []),
    ...(annotations.runbook_url === `${RUNBOOK}#${alert.toLowerCase()}`
      ? []
      : ["names no section of its own"]),
    ...(sections.length === 1 ? [] : [`has ${sections.length} sections in the runbook`]),
  ];
};

it("each have a name of their own", () => {
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  expect(rules.length).toBeGreaterThan(30);
});

describe.each(rules.map((rule) => [rule.alert, rule] as const))("%s", (_, rule) => {
  it("asks for what the services have", () => {
    expect(checkExpression(rule.expr, known)).toEqual([]);
  });

  it("says how bad it is, for how long, and where to read what to do", () => {
    expect(faultsOf(rule)).toEqual([]);
  });

  it("tells in its texts only of labels that its metrics have", () => {
    const texts = Object.values(rule.annotations ?? {}).join("\n");
    const told = [...texts.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label);
    const { selectors } = readPromql(rule.expr);
    const labels = selectors.flatMap(({ metric }) => {
      const name = metric.replace(/_(bucket|sum|count)$/, "");
      return known.find((each) => each.name === name || each.name === metric)?.labels ?? [];
    });
    for (const label of told) expect([...labels, "job", "instance"]).toContain(label);
  });
});

/** The re-identification monitor tells Alertmanager of these by itself. */
const TOLD_BY_THE_MONITOR = /^DitReid/;

it("have no section in the runbook without an alert", () => {
  const part = runbook.slice(runbook.indexOf("## When an alert fires"));
  const sections = [...part.matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
  expect(sections.filter((name) => !TOLD_BY_THE_MONITOR.test(name ?? "")).toSorted()).toEqual(
    rules.map(({ alert }) => alert).toSorted(),
  );
});

it("are checked by something that finds a fault", () => {
  const [rule] = rules;
  if (rule === undefined) throw new Error("no rules");
  expect(faultsOf({ alert: "Nobody", expr: "up" })).toHaveLength(6);
  expect(faultsOf({ ...rule, labels: { severity: "urgent" } })).toEqual(["has no severity"]);
});

it.each(["infra/prometheus/prometheus.yml", "infra/prometheus/one-box.yml"])(
  "%s has a job for each service, by its name, and the rules",
  (path) => {
    const config: { rule_files: string[]; scrape_configs: { job_name: string }[] } = parse(
      readRepositoryFile(path),
    );
    expect(config.scrape_configs.map(({ job_name }) => job_name)).toEqual([...SERVICES]);
    expect(config.rule_files).toEqual(["alerts.yml"]);
  },
);
