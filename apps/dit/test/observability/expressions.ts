import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DASHBOARDS, type Panel } from "@dit/observability";
import { parse } from "yaml";

const PROMETHEUS = new URL("../../../../infra/prometheus/", import.meta.url);

/** A file of infra/prometheus, and where it is. */
export function prometheusFile(name: string): { readonly path: string; readonly text: string } {
  const path = fileURLToPath(new URL(name, PROMETHEUS));
  return { path, text: readFileSync(path, "utf8") };
}

/** Every PromQL expression that is shipped, by where it stands. */
export function shippedExpressions(): Record<string, string> {
  const rules: { groups: { rules: { alert: string; expr: string }[] }[] } = parse(
    prometheusFile("alerts.yml").text,
  );
  const alerts = rules.groups.flatMap((group) =>
    group.rules.map(({ alert, expr }) => [alert, expr] as const),
  );
  return Object.fromEntries([...alerts, ...shippedQueries()]);
}

/** Those of the dashboards' panels. */
export function shippedQueries(): (readonly [title: string, expression: string])[] {
  return shippedPanels().flatMap(({ title, panel }) =>
    "sql" in panel
      ? []
      : Object.entries(panel.queries).map(([legend, expr]) => [`${title}: ${legend}`, expr] as const),
  );
}

export function shippedPanels(): { readonly title: string; readonly panel: Panel }[] {
  return DASHBOARDS.flatMap((dashboard) =>
    dashboard.rows.flatMap((row) =>
      row.panels.map((panel) => ({ title: `${dashboard.title}, ${row.title}, ${panel.title}`, panel })),
    ),
  );
}
