import type { AllowedFunctions } from "./allowed-functions.ts";

/** A query that the read-only endpoint does not run, told as ClickHouse would: a number, a name, a text. */
export class QueryRefusedError extends Error {
  override readonly name = "QueryRefusedError";
  /** ClickHouse's error code: 164 READONLY, 62 SYNTAX_ERROR. */
  readonly code: number;

  constructor(code: number, type: string, message: string) {
    super(`Code: ${code}. DB::Exception: ${message}. (${type})`);
    this.code = code;
  }
}

const readOnly = (message: string) => new QueryRefusedError(164, "READONLY", message);

const LEADING_COMMENTS = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/;
const SELECT =
  /^(?:EXPLAIN\s+(?:(?:AST|SYNTAX|PLAN|PIPELINE|ESTIMATE|QUERY\s+TREE)\s+)?)?\(*\s*(?:SELECT|WITH)\b/i;
const NAME = "(?:`[A-Za-z0-9_]+`|[A-Za-z0-9_]+)";
const TABLE = `${NAME}(?:\\.${NAME})?`;
/** The statements other than SELECT that are let through, each with plain names in every place: no function can stand there. */
const DESCRIBING = new RegExp(
  `^(?:SHOW\\s+DATABASES|SHOW\\s+TABLES(?:\\s+(?:FROM|IN)\\s+${NAME})?|SHOW\\s+CREATE\\s+(?:TABLE\\s+)?${TABLE}` +
    `|SHOW\\s+COLUMNS\\s+(?:FROM|IN)\\s+${TABLE}|(?:DESCRIBE|DESC)\\s+(?:TABLE\\s+)?${TABLE}|EXISTS\\s+(?:TABLE\\s+)?${TABLE})` +
    `(?:\\s+FORMAT\\s+[A-Za-z]+)?$`,
  "i",
);

/**
 * Lets through one statement that only reads tables. `explainAst` gives the engine's own parse of the text, so that what is
 * checked is what would run. The engine's read-only mode stands behind this; here is closed what that mode leaves open: a second
 * statement, output into a file, KILL and USE, and functions that read files or call out.
 */
export async function guardQuery(
  text: string,
  allowed: AllowedFunctions,
  explainAst: (sql: string) => Promise<string>,
): Promise<string> {
  const sql = text.replace(LEADING_COMMENTS, "").replace(/[\s;]+$/, "");
  if (sql === "") throw new QueryRefusedError(62, "SYNTAX_ERROR", "Empty query");
  if (sql.includes(";"))
    throw readOnly("One statement at a time, without a semicolon inside (write char(59) in a string)");
  if (/outfile/i.test(sql)) throw readOnly("Writing into a file is not allowed here");
  if (DESCRIBING.test(sql)) return sql;
  if (!SELECT.test(sql))
    throw readOnly("Only SELECT, WITH, EXPLAIN, SHOW, DESCRIBE and EXISTS are allowed here");
  const ast = await explainAst(
    `EXPLAIN AST ${sql.replace(/^EXPLAIN\s+(?:(?:AST|SYNTAX|PLAN|PIPELINE|ESTIMATE|QUERY\s+TREE)\s+)?/i, "")}`,
  );
  for (const [, name = ""] of ast.matchAll(/^ *Function (\S+)/gm)) {
    if (!allowed.has(name)) throw readOnly(`Function ${name} is not allowed here`);
  }
  return sql;
}
