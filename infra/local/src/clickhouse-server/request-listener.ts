import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { hostname } from "node:os";
import { gzipSync } from "node:zlib";
import type { ChdbResult } from "chdb";
import type { Engine } from "./engine.ts";
import { header, type QueryRequest, readQueryRequest } from "./query-request.ts";
import { refusalOf, ServerError } from "./server-error.ts";

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

const CONTENT_TYPES: readonly (readonly [prefix: string, contentType: string])[] = [
  ["JSONEachRow", "application/x-ndjson; charset=UTF-8"],
  ["JSON", "application/json; charset=UTF-8"],
  ["TabSeparated", "text/tab-separated-values; charset=UTF-8"],
  ["TSV", "text/tab-separated-values; charset=UTF-8"],
  ["CSV", "text/csv; charset=UTF-8"],
];

export function createRequestListener(engine: Engine, credentials: Credentials): RequestListener {
  return (request, response) => {
    answer(engine, credentials, request, response).catch((error: unknown) => {
      const { code, status, text } = refusalOf(error);
      response.writeHead(status, {
        "content-type": "text/plain; charset=UTF-8",
        "x-clickhouse-exception-code": String(code),
      });
      response.end(`${text}${text.includes("(version ") ? "" : ` (version ${engine.version})`}\n`);
    });
  };
}

async function answer(
  engine: Engine,
  credentials: Credentials,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost");
  if (url.pathname === "/ping") return void response.end("Ok.\n");
  if (url.pathname !== "/") return void response.writeHead(404).end("There is no handle here\n");
  authenticate(credentials, request, url);
  const query = await readQueryRequest(request, url);
  if (query.sql.trim() === "") return void response.end("Ok.\n");
  const result = await engine.run(query);
  const isGzip = query.settings.enable_http_compression === "1" && accepts(request, "gzip");
  response.writeHead(200, { ...headersOf(query, result), ...(isGzip && { "content-encoding": "gzip" }) });
  response.end(isGzip ? gzipSync(result.bytes()) : result.bytes());
}

/** As a server, it does not say which of the two was wrong. */
function authenticate(expected: Credentials, request: IncomingMessage, url: URL): void {
  const [, basic = ""] = /^Basic (.+)$/.exec(header(request, "authorization") ?? "") ?? [];
  const [user, ...password] = Buffer.from(basic, "base64").toString().split(":");
  const given = {
    user: url.searchParams.get("user") ?? header(request, "x-clickhouse-user") ?? user ?? "",
    password: url.searchParams.get("password") ?? header(request, "x-clickhouse-key") ?? password.join(":"),
  };
  if (isSame(given.user, expected.user) && isSame(given.password, expected.password)) return;
  const name = given.user === "" ? "default" : given.user;
  throw new ServerError(
    516,
    "AUTHENTICATION_FAILED",
    `${name}: Authentication failed: password is incorrect, or there is no user with such name`,
  );
}

function isSame(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function accepts(request: IncomingMessage, encoding: string): boolean {
  return (header(request, "accept-encoding") ?? "").includes(encoding);
}

function headersOf(query: QueryRequest, result: ChdbResult): Record<string, string> {
  const format = /\bFORMAT\s+(\w+)\s*;?\s*$/i.exec(query.sql)?.[1] ?? query.defaultFormat;
  const isInsert = /^\s*INSERT\b/i.test(query.sql);
  const rows = String(result.rowsRead);
  const bytes = String(result.bytesRead);
  const contentType = CONTENT_TYPES.find(([prefix]) => format.startsWith(prefix))?.[1];
  return {
    "content-type": contentType ?? "application/octet-stream",
    "x-clickhouse-format": format,
    "x-clickhouse-server-display-name": hostname(),
    "x-clickhouse-query-id": query.queryId ?? crypto.randomUUID(),
    "x-clickhouse-timezone": "UTC",
    "x-clickhouse-summary": JSON.stringify({
      read_rows: rows,
      read_bytes: bytes,
      written_rows: isInsert ? rows : "0",
      written_bytes: isInsert ? bytes : "0",
      total_rows_to_read: "0",
      result_rows: "0",
      result_bytes: "0",
      elapsed_ns: String(Math.round(result.elapsed * 1e9)),
    }),
  };
}
