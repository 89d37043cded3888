import { createHttpApp, type Logger, type Metrics, ProblemError, readBody } from "@dit/service-kit";
import type { ReadOnlyChdb } from "@dit/storage/warehouse/chdb";
import type { Context, Hono } from "hono";
import { type EndpointError, endpointError, readOnlyError } from "./endpoint-error.ts";
import { parseQueryRequest, type QueryRequest } from "./query-request.ts";

const MAX_QUERY_BYTES = 256 * 1024;

const CONTENT_TYPES: readonly (readonly [prefix: string, contentType: string])[] = [
  ["JSONEachRow", "application/x-ndjson; charset=UTF-8"],
  ["JSON", "application/json; charset=UTF-8"],
  ["TabSeparated", "text/tab-separated-values; charset=UTF-8"],
  ["TSV", "text/tab-separated-values; charset=UTF-8"],
  ["CSV", "text/csv; charset=UTF-8"],
  ["Pretty", "text/plain; charset=UTF-8"],
];

/**
 * ClickHouse's HTTP interface, as far as reading needs it, over the embedded warehouse: `curl`, `@clickhouse/client`, Grafana's ClickHouse
 * source and others query it as they would a server whose user has `readonly = 1`.
 */
export function createWarehouseEndpointApp(options: {
  readonly warehouse: ReadOnlyChdb;
  readonly logger: Logger;
  readonly metrics: Metrics;
}): Hono {
  const app = createHttpApp({ service: "warehouse", ...options });
  app.get("/ping", (c) => c.text("Ok.\n"));
  app.on(["GET", "POST"], "/", async (c) => {
    try {
      const body = c.req.method === "POST" ? await readBody(c.req.raw, MAX_QUERY_BYTES) : new Uint8Array();
      const request = parseQueryRequest(
        new URL(c.req.url),
        new TextDecoder().decode(body),
        c.req.raw.headers,
      );
      return request.sql === "" ? c.text("Ok.\n") : await answer(c, options.warehouse, request);
    } catch (error) {
      if (error instanceof ProblemError) throw error;
      return refuse(c, endpointError(error));
    }
  });
  return app;
}

async function answer(c: Context, warehouse: ReadOnlyChdb, request: QueryRequest): Promise<Response> {
  const { sql, defaultFormat, parameters, settings } = request;
  await refuseChangedSettings(warehouse, settings);
  const result = await warehouse.query(sql, defaultFormat, parameters, c.req.raw.signal);
  const format = /\bFORMAT\s+([A-Za-z]+)\s*;?\s*$/i.exec(sql)?.[1] ?? defaultFormat;
  const contentType = CONTENT_TYPES.find(([prefix]) => format.startsWith(prefix))?.[1];
  return c.body(result.bytes, 200, {
    "content-type": contentType ?? "application/octet-stream",
    "x-clickhouse-format": format,
    "x-clickhouse-query-id": request.queryId,
    "x-clickhouse-summary": JSON.stringify({
      read_rows: String(result.rowsRead),
      read_bytes: String(result.bytesRead),
      elapsed_ns: String(Math.round(result.elapsedSeconds * 1e9)),
    }),
  });
}

/** As for a user with `readonly = 1`: a setting may be named with the value it has, and with no other. */
async function refuseChangedSettings(
  warehouse: ReadOnlyChdb,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const names = Object.keys(settings);
  if (names.length === 0) return;
  if (!names.every((name) => /^\w{1,100}$/.test(name))) throw readOnlyError("Unknown setting");
  const sql =
    "SELECT name, value FROM system.settings WHERE name IN {names:Array(String)} FORMAT JSONCompactEachRow";
  const { bytes } = await warehouse.query(sql, "TSV", { names: `['${names.join("','")}']` });
  const lines = new TextDecoder().decode(bytes).split("\n").filter(Boolean);
  const current = new Map(lines.map((line) => JSON.parse(line) as [string, string]));
  for (const [name, value] of Object.entries(settings)) {
    if (current.get(name) !== value) throw readOnlyError(`Cannot modify '${name}' setting in readonly mode`);
  }
}

function refuse(c: Context, { code, status, message }: EndpointError): Response {
  return c.text(`${message}\n`, status, { "x-clickhouse-exception-code": String(code) });
}
