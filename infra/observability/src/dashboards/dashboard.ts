/** A dashboard, as far as it is thought about: what Grafana wants beyond that is the same for all. */
export interface Dashboard {
  /** Also the name of its file. */
  readonly uid: string;
  readonly title: string;
  readonly rows: readonly Row[];
}

export interface Row {
  readonly title: string;
  /** Side by side, equally wide. */
  readonly panels: readonly Panel[];
}

export type Panel = PrometheusPanel | ClickHousePanel;

interface PanelBase {
  readonly title: string;
  /** What it means, and what it should look like. */
  readonly description: string;
  /** Grafana's name for it: `s`, `bytes`, `percentunit`, `reqps`, `short`. */
  readonly unit: string;
}

export interface PrometheusPanel extends PanelBase {
  readonly kind: "lines" | "number";
  /** PromQL by the legend of its series. */
  readonly queries: Readonly<Record<string, string>>;
  /** The number is red from here on. */
  readonly badFrom?: number;
}

export interface ClickHousePanel extends PanelBase {
  readonly kind: "bars" | "table";
  /** Reads tables of `dit` alone. Of bars the first column is a time. */
  readonly sql: string;
}
