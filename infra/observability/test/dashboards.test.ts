import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { checkExpression } from "../src/check-expression.ts";
import { DASHBOARDS } from "../src/dashboards/dashboards.ts";
import { describeMetrics, SERVICES } from "../src/service-metrics.ts";
import { filesBelow, readRepositoryFile } from "./repository.ts";

/** What Prometheus shows of its own rules. */
const ALERTS = { name: "ALERTS", type: "gauge", labels: ["alertname", "alertstate", "severity"], help: "" };
const known = [...SERVICES.flatMap((service) => describeMetrics(service)), ALERTS];

const panels = DASHBOARDS.flatMap((dashboard) =>
  dashboard.rows.flatMap((row) => row.panels.map((panel) => ({ dashboard: dashboard.uid, panel }))),
);

describe.each(panels.map(({ dashboard, panel }) => [`${dashboard}: ${panel.title}`, panel] as const))(
  "%s",
  (_, panel) => {
    it("says what it shows", () => {
      expect(panel.description.length).toBeGreaterThan(5);
    });

    it("asks for what the services have, and tells series apart by what they have", () => {
      if ("sql" in panel) return expect(panel.sql).toMatch(/FROM dit\./);
      for (const [legend, expression] of Object.entries(panel.queries)) {
        expect(checkExpression(expression, known)).toEqual([]);
        const told = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label);
        for (const label of told) expect(expression).toMatch(labelIsKept(label));
      }
    });
  },
);

/** Grouped by it, or not grouped at all. */
function labelIsKept(label: string): RegExp {
  return new RegExp(`\\bby \\([^)]*\\b${label}\\b|^(?!.*\\b(?:sum|max|min|count) ?(?:by )?\\()`, "s");
}

interface ProvisionedPanel {
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly datasource: { readonly uid: string } }[];
}

const provisioned = filesBelow("infra/grafana/dashboards").map((path) => {
  const json: { uid: string; panels: ProvisionedPanel[] } = JSON.parse(readRepositoryFile(path));
  return { path, ...json };
});
const sources: { datasources: { uid: string; editable: boolean }[] } = parse(
  readRepositoryFile("infra/grafana/provisioning/datasources/dit.yml"),
);

it("are provisioned, all of them and no others, under their own names", () => {
  expect(provisioned.map(({ uid }) => uid).toSorted()).toEqual(DASHBOARDS.map(({ uid }) => uid).toSorted());
  for (const { path, uid } of provisioned) expect(basename(path)).toBe(`${uid}.json`);
});

it("read from sources that are provisioned too", () => {
  const uids = sources.datasources.map(({ uid }) => uid);
  const read = provisioned.flatMap((dashboard) =>
    dashboard.panels.flatMap(({ datasource, targets = [] }) => [
      datasource,
      ...targets.map((each) => each.datasource),
    ]),
  );
  for (const source of read.filter((each) => each !== undefined)) expect(uids).toContain(source.uid);
  expect(sources.datasources.every(({ editable }) => editable === false)).toBe(true);
});

it.each(provisioned.map((dashboard) => [dashboard.uid, dashboard] as const))(
  "%s: no panel covers another, or leaves the grid",
  (_, { panels: laidOut }) => {
    const taken = new Set<string>();
    for (const { gridPos, title } of laidOut) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x},${y}`), `${title} at ${x},${y}`).toBe(false);
          taken.add(`${x},${y}`);
        }
      }
    }
  },
);
