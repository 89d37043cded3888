import { EndpointError } from "./endpoint-error.ts";

/** A query as ClickHouse's HTTP interface takes it: in the address, in the body, or the one before the other. */
export interface QueryRequest {
  readonly sql: string;
  /** The output format where the query names none. */
  readonly defaultFormat: string;
  readonly queryId: string;
  /** `param_x=...` by the name `x`; values in the escaping of the TabSeparated format. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Everything that is not part of the interface is a setting. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Parts of the HTTP interface that say nothing about the query, or that a single read-only user can do without. */
const TRANSPORT = new Set([
  "add_http_cors_header",
  "buffer_size",
  "cancel_http_readonly_queries_on_client_close",
  "client_protocol_version",
  "database",
  "default_format",
  "enable_http_compression",
  "http_write_exception_in_output_format",
  "http_headers_progress_interval_ms",
  "password",
  "query",
  "query_id",
  "quota_key",
  "role",
  "send_progress_in_http_headers",
  "session_id",
  "session_timeout",
  "user",
  "wait_end_of_query",
]);

const DATABASES = new Set(["", "default", "dit", "dit_views", "system"]);
const FORMAT = /^[A-Za-z]{1,64}$/;
const QUERY_ID = /^[A-Za-z0-9_-]{1,64}$/;

export function parseQueryRequest(url: URL, body: string, headers: Headers): QueryRequest {
  const search = url.searchParams;
  if (!DATABASES.has(search.get("database") ?? "")) {
    throw new EndpointError(81, "UNKNOWN_DATABASE", "There is no such database here");
  }
  const defaultFormat = search.get("default_format") ?? headers.get("x-clickhouse-format") ?? "TabSeparated";
  if (!FORMAT.test(defaultFormat)) throw new EndpointError(73, "UNKNOWN_FORMAT", "Unknown format");
  const queryId = search.get("query_id") ?? "";
  return {
    sql: [search.get("query") ?? "", body].filter((part) => part.trim() !== "").join("\n"),
    defaultFormat,
    queryId: QUERY_ID.test(queryId) ? queryId : crypto.randomUUID(),
    parameters: pick(search, (name) => name.startsWith("param_"), "param_".length),
    settings: pick(search, (name) => !name.startsWith("param_") && !TRANSPORT.has(name)),
  };
}

function pick(
  search: URLSearchParams,
  wanted: (name: string) => boolean,
  prefixLength = 0,
): Record<string, string> {
  const named = [...search].filter(([name]) => wanted(name));
  return Object.fromEntries(named.map(([name, value]) => [name.slice(prefixLength), value]));
}
