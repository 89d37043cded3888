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
  await refuseChangedSettings(warehouse, request.settings);
  const result = await warehouse.query(request.sql, request.defaultFormat, request.parameters);
  const format = /\bFORMAT\s+([A-Za-z]+)\s*;?\s*$/i.exec(request.sql)?.[1] ?? request.defaultFormat;
  const contentType = CONTENT_TYPES.find(([prefix]) => format.startsWith(prefix))?.[1];
  return c.body(result.bytes.slice().buffer, 200, {
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
  for (const [name, value] of Object.entries(settings)) {
    const { bytes } = await warehouse.query(
      "SELECT value FROM system.settings WHERE name = {name:String}",
      "TSVRaw",
      {
        name: name.replaceAll("\\", "\\\\"),
      },
    );
    const current = new TextDecoder().decode(bytes).trim();
    if (current !== value) throw readOnlyError("Cannot modify a setting in readonly mode");
  }
}

function refuse(c: Context, { code, status, message }: EndpointError): Response {
  return c.text(`${message}\n`, status, { "x-clickhouse-exception-code": String(code) });
}
