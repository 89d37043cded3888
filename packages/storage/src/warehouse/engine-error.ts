import { ClickHouseError } from "@clickhouse/client";
import { WarehouseError } from "./warehouse.ts";

/**
 * Failures that the statement alone brings about, so that the engine's message quotes nothing but the
 * statement, which is code. Every other message may quote a row.
 */
const STATEMENT_FAILURES: ReadonlySet<string> = new Set([
  "AMBIGUOUS_COLUMN_NAME",
  "BAD_ARGUMENTS",
  "DUPLICATE_COLUMN",
  "ILLEGAL_COLUMN",
  "ILLEGAL_TYPE_OF_ARGUMENT",
  "MISSING_COLUMNS",
  "NO_SUCH_COLUMN_IN_TABLE",
  "NOT_AN_AGGREGATE",
  "NUMBER_OF_ARGUMENTS_DOESNT_MATCH",
  "SYNTAX_ERROR",
  "TABLE_ALREADY_EXISTS",
  "TYPE_MISMATCH",
  "UNKNOWN_DATABASE",
  "UNKNOWN_FUNCTION",
  "UNKNOWN_IDENTIFIER",
  "UNKNOWN_SETTING",
  "UNKNOWN_TABLE",
  "UNKNOWN_TYPE",
]);

/**
 * What the engine said, without anything that could be a value. Its message is `Code: 60. DB::Exception: ...
 * (UNKNOWN_TABLE)`; nested failures repeat the form, and the outermost type is the last. `hasValues`: the
 * statement came with rows or parameters.
 */
export function engineError(what: string, error: unknown, hasValues: boolean): WarehouseError {
  const message = engineMessage(error);
  const code = /Code: (\d+)/.exec(message)?.[1];
  const type = [...message.matchAll(/\(([A-Z][A-Z0-9_]+)\)/g)].at(-1)?.[1];
  const mayBeTold = !hasValues && type !== undefined && STATEMENT_FAILURES.has(type);
  const reason = type ?? driverCode(error);
  const told = mayBeTold ? message : (reason ?? "the engine did not answer");
  return new WarehouseError(`${what}: ${told}`, code === undefined ? undefined : Number(code), type, reason);
}

/** `@clickhouse/client` takes the message apart; in process it keeps the original as the cause. */
function engineMessage(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if (error.cause instanceof Error) return error.cause.message;
  if (error instanceof ClickHouseError && error.type !== undefined)
    return `Code: ${error.code}. DB::Exception: ${error.message} (${error.type})`;
  return error.message;
}

/** Failures of the binding and of the network have a code of fixed words; their messages may quote a value. */
function driverCode(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^[A-Z_]+$/.test(code) ? code : undefined;
}
