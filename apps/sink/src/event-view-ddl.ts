import { createHash } from "node:crypto";
import type { Field, UseCase } from "@dit/protocol/schemas";
import { sqlName, sqlString, type TableDialect } from "@dit/storage";
import { type EventTable, eventTableName } from "./applied-schema.ts";

/** A database of its own: analysts are granted it and nothing else, and whoever lists `dit` finds tables alone. */
export const VIEWS_DATABASE = "dit_views";

export interface EventView {
  readonly sql: string;
  /** For who lists the views; its end changes with anything in the view. */
  readonly comment: string;
}

type ViewField = EventTable["fields"][number];

interface Measure {
  readonly column: string;
  readonly value: string;
  readonly aggregate: string;
}

/** What a group can be told apart by. Any number of values is safe: a thin one is folded. */
const GROUPED: ReadonlySet<Field["type"]> = new Set(["boolean", "enum", "string", "integer"]);
const MEASURED: ReadonlySet<Field["type"]> = new Set(["integer", "float"]);
const AGGREGATES = {
  mean: "avg",
  p50: "quantileTDigest(0.5)",
  p95: "quantileTDigest(0.95)",
} as const;
const OWN_COLUMNS: readonly string[] = ["window_start", "suppressed", "clients", "events"];
const BY = "{by:Array(String)}";

export function eventViewName(useCase: string, event: string): string {
  return `${VIEWS_DATABASE}.${useCase}__${event}`;
}

/**
 * The event's rows as groups of at least k pids: one row for each rotation window (in which alone a client has one pid) and each combination of
 * the fields that the asker names: `FROM dit_views.shop__sent(by = ['platform'])`. Parametrised, since nobody could use a fixed grouping: by
 * all fields at once nearly every group is thin, and by each alone there are no two together.
 *
 * It runs as who made it, so that its asker needs no right to the table.
 */
export function createEventView(
  document: UseCase,
  event: string,
  fields: readonly ViewField[],
  tables: TableDialect,
): EventView {
  const { useCase, privacy } = document;
  const table = eventTableName(useCase, event);
  const grouped = fields.filter(({ type }) => GROUPED.has(type)).map(({ name }) => name);
  const measures = fields.filter(({ type }) => MEASURED.has(type)).flatMap(({ name }) => measuresOf(name));
  const body = foldedRows(groupRows(document, table, grouped, measures), privacy.k, grouped, measures);
  const comment = `Groups of at least ${privacy.k} clients of ${table}, by any of: ${grouped.join(", ")} [${digestOf(body)}]`;
  const name = `${sqlName(eventViewName(useCase, event))}${tables.onCluster}`;
  return {
    sql: `CREATE OR REPLACE VIEW ${name} DEFINER = CURRENT_USER SQL SECURITY DEFINER AS\n${body}\nCOMMENT ${sqlString(comment)}`,
    comment,
  };
}

/** SQL: a row for each group, thin ones too. No field's name has `__`, so that names with it are none of the table's. */
function groupRows(
  { privacy: { k }, epoch, pseudonym }: UseCase,
  table: string,
  grouped: readonly string[],
  measures: readonly Measure[],
): string {
  const columns = [
    `toDateTime(intDiv(t.epoch, ${pseudonym.rotationSeconds / epoch.seconds}) * ${pseudonym.rotationSeconds}, 'UTC') AS g__start`,
    `uniqExact(t.pid) < ${k} AS g__thin`,
    "uniqExactState(t.pid) AS g__pids",
    "count() AS g__events",
    ...grouped.map(
      (name) => `if(has(${BY}, ${sqlString(name)}), t.${sqlName(name)}, NULL) AS ${keyName(name)}`,
    ),
    // A group of k may have a value from one pid only, which would then be that one's: those with a value are counted too.
    ...measures.map(({ column, value, aggregate }) => {
      return `if(uniqExactIf(t.pid, isNotNull(${value})) < ${k}, NULL, ${aggregate}(${value})) AS m__${column}`;
    }),
  ];
  const known = `hasAll(CAST([${grouped.map(sqlString).join(", ")}], 'Array(String)'), ${BY})`;
  return `SELECT
    ${columns.join(",\n    ")}
  FROM ${sqlName(table)} AS t
  WHERE NOT throwIf(NOT ${known}, 'by: names a field that this view cannot group by')
  GROUP BY ${["g__start", ...grouped.map(keyName)].join(", ")}`;
}

/**
 * SQL: thin groups become one row a window, with counts only if together they have k pids: of one in several groups a sum would count more.
 *
 * A condition of the asker's must tell nothing of what is hidden, and a NULL keeps the value that it stands for beneath it, where `throwIf` finds
 * it. So what is shown is aggregated of what may be, and a count that may not be shown is 0 before it is NULL.
 */
function foldedRows(groups: string, k: number, grouped: readonly string[], measures: readonly Measure[]) {
  const counted = (value: string) => `nullIf(if(uniqExactMerge(g__pids) < ${k}, 0, ${value}), 0)`;
  const columns = [
    "g__start AS window_start",
    "toBool(g__thin) AS suppressed",
    `${counted("uniqExactMerge(g__pids)")} AS clients`,
    `${counted("sum(g__events)")} AS events`,
    ...grouped.map((name) => `anyIf(${keyName(name)}, NOT g__thin) AS ${columnName(name)}`),
    ...measures.map(({ column }) => `anyIf(m__${column}, NOT g__thin) AS ${sqlName(column)}`),
  ];
  const keys = grouped.map((name) => `if(g__thin, NULL, ${keyName(name)})`);
  return `SELECT
  ${columns.join(",\n  ")}
FROM (
  ${groups}
)
GROUP BY ${["g__start", "g__thin", ...keys].join(", ")}`;
}

function measuresOf(field: string): Measure[] {
  return Object.entries(AGGREGATES).map(([name, aggregate]) => {
    return { column: `${field}__${name}`, value: `t.${sqlName(field)}`, aggregate };
  });
}

function keyName(field: string): string {
  return sqlName(`f__${field}`);
}

/** A field called as one of the view's own columns is told from it by a `_` at the end, which no field has. */
function columnName(field: string): string {
  return sqlName(OWN_COLUMNS.includes(field) ? `${field}_` : field);
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
