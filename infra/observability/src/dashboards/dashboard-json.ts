import type { ClickHousePanel, Dashboard, Panel, PrometheusPanel, Row } from "./dashboard.ts";

const PROMETHEUS = { type: "prometheus", uid: "dit-prometheus" };
const CLICKHOUSE = { type: "grafana-clickhouse-datasource", uid: "dit-clickhouse" };
const GRID_COLUMNS = 24;
const PANEL_HEIGHT = 8;
const NUMBER_HEIGHT = 4;
/** Of dashboards' JSON, as of Grafana 10. */
const SCHEMA_VERSION = 39;

/** The file that Grafana provisions. */
export function dashboardJson({ uid, title, rows }: Dashboard): string {
  const dashboard = {
    uid,
    title,
    tags: ["dit"],
    schemaVersion: SCHEMA_VERSION,
    editable: false,
    graphTooltip: 1,
    refresh: "30s",
    time: { from: "now-6h", to: "now" },
    timezone: "utc",
    links: [{ type: "dashboards", title: "DIT", tags: ["dit"], asDropdown: true }],
    panels: layOut(rows),
  };
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}

function layOut(rows: readonly Row[]): object[] {
  let id = 0;
  let y = 0;
  return rows.flatMap(({ title, panels }) => {
    const heading = {
      id: ++id,
      type: "row",
      title,
      collapsed: false,
      gridPos: { h: 1, w: GRID_COLUMNS, x: 0, y },
    };
    const h = panels.every(({ kind }) => kind === "number") ? NUMBER_HEIGHT : PANEL_HEIGHT;
    const w = Math.floor(GRID_COLUMNS / panels.length);
    const laidOut = panels.map((panel, index) => ({
      id: ++id,
      gridPos: { h, w, x: index * w, y: y + 1 },
      ...panelJson(panel),
    }));
    y += 1 + h;
    return [heading, ...laidOut];
  });
}

function panelJson(panel: Panel): object {
  const { title, description } = panel;
  return { title, description, ...("sql" in panel ? clickHouseJson(panel) : prometheusJson(panel)) };
}

function prometheusJson({ kind, unit, queries, badFrom }: PrometheusPanel): object {
  const targets = Object.entries(queries).map(([legendFormat, expr], index) => ({
    refId: String.fromCharCode(65 + index),
    datasource: PROMETHEUS,
    expr,
    legendFormat,
    ...(kind === "number" && { instant: true }),
  }));
  const steps = [
    { color: "green", value: null },
    ...(badFrom === undefined ? [] : [{ color: "red", value: badFrom }]),
  ];
  const number = {
    type: "stat",
    fieldConfig: { defaults: { unit, thresholds: { mode: "absolute", steps } }, overrides: [] },
    options: { reduceOptions: { calcs: ["lastNotNull"] }, colorMode: "background", graphMode: "none" },
  };
  const lines = {
    type: "timeseries",
    fieldConfig: {
      defaults: { unit, min: 0, custom: { fillOpacity: 8, showPoints: "never" } },
      overrides: [],
    },
    options: {
      legend: { displayMode: "list", placement: "bottom" },
      tooltip: { mode: "multi", sort: "desc" },
    },
  };
  return { ...(kind === "number" ? number : lines), datasource: PROMETHEUS, targets };
}

function clickHouseJson({ kind, unit, sql }: ClickHousePanel): object {
  const isTable = kind === "table";
  return {
    type: isTable ? "table" : "timeseries",
    datasource: CLICKHOUSE,
    fieldConfig: {
      defaults: {
        unit,
        ...(!isTable && { custom: { drawStyle: "bars", fillOpacity: 60, stacking: { mode: "normal" } } }),
      },
      overrides: [],
    },
    ...(isTable && { options: { showHeader: true } }),
    targets: [
      {
        refId: "A",
        datasource: CLICKHOUSE,
        editorType: "sql",
        queryType: isTable ? "table" : "timeseries",
        format: isTable ? 1 : 0,
        rawSql: sql,
      },
    ],
  };
}
