import type { AllowedFunctions } from "./allowed-functions.ts";
import { NotReadingError } from "./reading-statement.ts";

/**
 * What a stranger's statement may be made of, checked on the engine's own parse of it (`EXPLAIN AST`, a line a node). Allowed are
 * the kinds of node named here and nothing else, so that a form the next version of the engine brings is refused until it was looked at.
 */
const NODE_KINDS: ReadonlySet<string> = new Set([
  ...["ArrayJoin", "Asterisk", "ColumnsExceptTransformer", "ColumnsListMatcher", "ColumnsRegexpMatcher"],
  ...[
    "ColumnsReplaceTransformer",
    "ColumnsReplaceTransformer::Replacement",
    "ColumnsTransformerList",
    "DescribeQuery",
  ],
  ...[
    "ExistsDatabaseQuery",
    "ExistsTableQuery",
    "Explain",
    "ExpressionList",
    "Function",
    "Identifier",
    "Literal",
  ],
  ...["OrderByElement", "QualifiedAsterisk", "SampleRatio", "SelectIntersectExceptQuery", "SelectQuery"],
  ...[
    "SelectWithUnionQuery",
    "Set",
    "ShowColumns",
    "ShowCreateTableQuery",
    "ShowTables",
    "Subquery",
    "TableExpression",
  ],
  ...[
    "TableIdentifier",
    "TableJoin",
    "TablesInSelectQuery",
    "TablesInSelectQueryElement",
    "WindowDefinition",
  ],
  ...["WindowListElement", "WithElement"],
]);

/** Statements about one table, whose name must be plain: the engine's default database takes other names for files of the machine. */
const ABOUT_A_TABLE = /^(?:DescribeQuery|ExistsTableQuery|ShowCreateTableQuery)\b/;

/** Of the engine's own tables, those that describe the schema; the others tell of what others ask. */
const SYSTEM_TABLES: ReadonlySet<string> = new Set([
  ...[
    "build_options",
    "columns",
    "data_type_families",
    "databases",
    "formats",
    "functions",
    "numbers",
    "numbers_mt",
  ],
  ...["one", "parts", "settings", "table_engines", "table_functions", "tables", "time_zones", "zeros"],
]);

const NODE = /^ *(?<kind>[\w:]+)(?: (?<name>\S+))?/;

export interface QueryPolicy {
  readonly functions: AllowedFunctions;
  /** The one database whose tables are answered. */
  readonly database: string;
  /** The one whose parametrised views are answered: the parse shows them as functions, `views.name(...)`. */
  readonly views: string | undefined;
}

/** Throws NotReadingError for the first part that is not allowed. */
export function checkQueryTree(tree: string, { functions, database, views }: QueryPolicy): void {
  const plainNamesOnly = ABOUT_A_TABLE.test(tree);
  for (const line of tree.split("\n")) {
    const { kind = "", name = "" } = NODE.exec(line)?.groups ?? {};
    if (kind === "") continue;
    if (!NODE_KINDS.has(kind)) throw new NotReadingError(`${kind} is not answered here`);
    if (kind === "Function" && !isView(name, views)) checkFunction(name, functions);
    if (kind === "Identifier") checkIdentifier(name, plainNamesOnly, functions);
    if (kind === "TableIdentifier") checkTable(name, [database, views]);
  }
}

function isView(name: string, views: string | undefined): boolean {
  return views !== undefined && name.startsWith(`${views}.`) && /^\w+$/.test(name.slice(views.length + 1));
}

function checkFunction(name: string, allowed: AllowedFunctions): void {
  if (!allowed.has(name)) throw new NotReadingError(`the function ${name} is not answered here`);
}

/** A function can be handed to another one by its bare name: `arrayMap(file, paths)`. */
function checkIdentifier(name: string, plainNamesOnly: boolean, allowed: AllowedFunctions): void {
  if (allowed.refuses(name)) {
    throw new NotReadingError(
      `${name} is the name of a function that is not answered here: write a column as table.${name}`,
    );
  }
  if (plainNamesOnly && !/^\w+$/.test(name))
    throw new NotReadingError("only plain names of tables are answered here");
}

function checkTable(name: string, allowedDatabases: readonly (string | undefined)[]): void {
  const [, database, table = name] = /^(?:([^.]*)\.)?([\s\S]*)$/.exec(name) ?? [];
  const isKnown =
    database === undefined ||
    allowedDatabases.includes(database) ||
    database.toLowerCase() === "information_schema" ||
    (database === "system" && SYSTEM_TABLES.has(table));
  if (!isKnown || !/^\w+$/.test(table)) throw new NotReadingError(`the table ${name} is not answered here`);
}
