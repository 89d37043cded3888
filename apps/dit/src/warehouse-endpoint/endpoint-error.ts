import { LanesFullError, NotReadingError } from "@dit/storage/warehouse/chdb";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** A refusal as ClickHouse's HTTP interface tells it: a number, an HTTP status, a text that clients parse. */
export class EndpointError extends Error {
  override readonly name = "EndpointError";
  readonly code: number;
  readonly status: ContentfulStatusCode;

  constructor(code: number, type: string, message: string) {
    super(`Code: ${code}. DB::Exception: ${message}. (${type})`);
    this.code = code;
    this.status = statusOf(code);
  }
}

export function readOnlyError(message: string): EndpointError {
  return new EndpointError(164, "READONLY", message);
}

/** The engine's own errors keep their number and text: they go to whoever asked, and nowhere else. */
export function endpointError(error: unknown): EndpointError {
  if (error instanceof EndpointError) return error;
  if (error instanceof NotReadingError) return readOnlyError(error.message);
  if (error instanceof LanesFullError) {
    return new EndpointError(202, "TOO_MANY_SIMULTANEOUS_QUERIES", "Too many queries wait already");
  }
  const message = error instanceof Error ? error.message : "the query failed";
  const [, code, text, type] = /Code: (\d+)\. DB::\w+: (.*?)\.? \(([A-Z_0-9]+)\)\s*$/s.exec(message) ?? [];
  return new EndpointError(Number(code ?? 1002), type ?? "UNKNOWN_EXCEPTION", text ?? message);
}

/** As ClickHouse maps its errors to HTTP: what the asker can mend is 4xx. */
function statusOf(code: number): ContentfulStatusCode {
  if (code === 164) return 403;
  if (code === 47 || code === 60 || code === 81) return 404;
  if (code === 159) return 408;
  if (code === 202) return 503;
  return code === 1002 || code === 241 ? 500 : 400;
}
