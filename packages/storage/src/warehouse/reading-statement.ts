import type { Session } from "chdb";
import { sqlString } from "./sql-string.ts";

const READS: ReadonlySet<string> = new Set(["SELECT", "WITH", "SHOW", "DESCRIBE", "EXPLAIN", "EXISTS"]);
const QUOTED = /'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.|``)*`|"(?:[^"\\]|\\.|"")*"/gs;
const NOT_ONLY_READING = /\bINTO OUTFILE\b|\bPARALLEL WITH\b/;

/** Not a single statement that only reads. */
export class NotReadingError extends Error {
  override readonly name = "NotReadingError";
}

/**
 * Under `readonly` the engine still obeys SYSTEM (which stops merges, or the server), KILL, USE and INTO
 * OUTFILE, and runs several statements from one text. Its own parser says what the text is: `formatQuery` takes
 * one statement only and gives it without comments, in capitals, so that its first word tells.
 */
export async function assertOneReadingStatement(session: Session, sql: string): Promise<void> {
  const formatted = await session.queryAsync(`SELECT formatQuerySingleLine(${sqlString(sql)})`, {
    format: "TSVRaw",
  });
  const statement = formatted.text().replaceAll(QUOTED, "''");
  const [first = ""] = statement.trimStart().split(/[^A-Z]/, 1);
  if (!READS.has(first) || NOT_ONLY_READING.test(statement)) {
    throw new NotReadingError(
      "only a single SELECT, WITH, SHOW, DESCRIBE, EXPLAIN or EXISTS is answered here",
    );
  }
}
