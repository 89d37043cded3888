/**
 * Which functions a stranger's query may call. The engine's read-only mode refuses writes, but a plain SELECT may still read
 * any file of the machine (`file()`) or call out (`DESCRIBE url()`, AI functions). So a function is allowed only if its category in
 * the engine's own catalogue computes on its arguments alone, or if it is named here.
 */
export interface AllowedFunctions {
  has(name: string): boolean;
  /** Is a function of the engine, and not one of those allowed. */
  refuses(name: string): boolean;
}

/** One row of `system.functions`. */
export interface CatalogueFunction {
  readonly name: string;
  readonly categories: string;
  readonly alias_to: string;
  readonly case_insensitive: 0 | 1;
}

export const FUNCTION_CATALOGUE_SQL =
  "SELECT name, categories, alias_to, case_insensitive FROM system.functions";

const AGGREGATES = "Aggregate Functions";

const CATEGORIES: ReadonlySet<string> = new Set([
  AGGREGATES,
  "Arithmetic",
  "Arrays",
  "Bit",
  "Bitmap",
  "Comparison",
  "Conditional",
  "Dates and Times",
  "Distance",
  "Encoding",
  "Financial",
  "Hash",
  "IP Address",
  "JSON",
  "Logical",
  "Map",
  "Mathematical",
  "Null",
  "Random Number",
  "Rounding",
  "String",
  "String Replacement",
  "String Search",
  "String Splitting",
  "Time Series",
  "Time Window",
  "Tuple",
  "Type Conversion",
  "UUID",
]);

/** Harmless members of mixed categories, syntax that the parser shows as a function, and table functions that make rows of their arguments. */
const NAMED = [
  ["lambda", "exists", "grouping", "_CAST"],
  [
    "bar",
    "byteSize",
    "currentDatabase",
    "currentUser",
    "formatReadableDecimalSize",
    "formatReadableQuantity",
  ],
  [
    "formatReadableSize",
    "formatReadableTimeDelta",
    "getSetting",
    "hostName",
    "identity",
    "ignore",
    "materialize",
  ],
  [
    "neighbor",
    "runningDifference",
    "throwIf",
    "timezone",
    "toColumnTypeName",
    "toTypeName",
    "transform",
    "uptime",
    "version",
  ],
  [
    "finalizeAggregation",
    "runningAccumulate",
    "rowNumberInAllBlocks",
    "rowNumberInBlock",
    "isConstant",
    "defaultValueOfTypeName",
  ],
  ["numbers", "numbers_mt", "zeros", "generate_series", "generateSeries", "values", "view", "null"],
].flat();

/** Suffixes that turn one aggregate function into another (`sumIf`, `uniqStateMerge`). */
const COMBINATOR =
  /(?:If|Array|Map|State|SimpleState|Merge|MergeState|ForEach|Distinct|OrDefault|OrNull|Resample|ArgMin|ArgMax)$/;

export function createAllowedFunctions(catalogue: readonly CatalogueFunction[]): AllowedFunctions {
  const categoryOf = new Map(catalogue.map(({ name, categories }) => [name, categories]));
  const exact = new Set(NAMED);
  const caseless = new Set<string>();
  const aggregates = new Set<string>();
  for (const { name, alias_to, case_insensitive } of catalogue) {
    const category = categoryOf.get(alias_to === "" ? name : alias_to) ?? "";
    if (!CATEGORIES.has(category) && !exact.has(alias_to)) continue;
    exact.add(name);
    if (case_insensitive === 1) caseless.add(name.toLowerCase());
    if (category === AGGREGATES) aggregates.add(name.toLowerCase());
  }
  const isCombined = (name: string): boolean => {
    const base = name.replace(COMBINATOR, "");
    return base !== name && (aggregates.has(base.toLowerCase()) || isCombined(base));
  };
  const has = (name: string) => exact.has(name) || caseless.has(name.toLowerCase()) || isCombined(name);
  const known = new Set(catalogue.map(({ name }) => name.toLowerCase()));
  return { has, refuses: (name) => known.has(name.toLowerCase()) && !has(name) };
}
