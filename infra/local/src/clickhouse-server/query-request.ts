import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, zstdDecompress } from "node:zlib";
import { ServerError } from "./server-error.ts";

/** A query as it came over HTTP. */
export interface QueryRequest {
  /** With the rows of an insert behind it. */
  readonly sql: string;
  readonly queryId: string | undefined;
  readonly defaultFormat: string;
  readonly database: string | undefined;
  /** `param_<name>`: text, escaped as in TabSeparated. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
  /** GET changes nothing. */
  readonly isReadOnly: boolean;
}

/** What belongs to the interface, and is no setting of the engine. */
const INTERFACE = new Set([
  "buffer_size",
  "client_protocol_version",
  "database",
  "default_format",
  "password",
  "query",
  "query_id",
  "quota_key",
  "user",
  "wait_end_of_query",
]);
const PARAMETER_PREFIX = "param_";
const DECODERS: Readonly<Record<string, (body: Buffer) => Promise<Buffer>>> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
};
const QUOTED_OR_COMMENT =
  /'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.|``)*`|"(?:[^"\\]|\\.|"")*"|--[^\n]*|\/\*.*?\*\//gs;

export async function readQueryRequest(request: IncomingMessage, url: URL): Promise<QueryRequest> {
  const search = url.searchParams;
  const body = await readBody(request);
  const contentType = request.headers["content-type"] ?? "";
  const parts = contentType.startsWith("multipart/form-data") ? await readParts(body, contentType) : [];
  const text = parts.length > 0 ? (parts.find(([name]) => name === "query")?.[1] ?? "") : utf8(body);
  const named = [...search, ...parts.filter(([name]) => name !== "query")];
  const inUrl = search.get("query") ?? "";
  const sql = [inUrl, text].filter((part) => part !== "").join("\n");
  refuseSeveral(sql);
  return {
    sql,
    queryId: search.get("query_id") ?? undefined,
    defaultFormat: search.get("default_format") ?? header(request, "x-clickhouse-format") ?? "TabSeparated",
    database: search.get("database") ?? header(request, "x-clickhouse-database"),
    parameters: Object.fromEntries(
      named
        .filter(([name]) => name.startsWith(PARAMETER_PREFIX))
        .map(([name, value]) => [name.slice(PARAMETER_PREFIX.length), value]),
    ),
    settings: Object.fromEntries(
      named.filter(([name]) => !name.startsWith(PARAMETER_PREFIX) && !INTERFACE.has(name)),
    ),
    isReadOnly: request.method === "GET",
  };
}

export function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const encoding = header(request, "content-encoding");
  if (encoding === undefined || body.length === 0) return body;
  const decode = DECODERS[encoding];
  if (decode === undefined) throw new ServerError(48, "NOT_IMPLEMENTED", `Unknown encoding ${encoding}`);
  return await decode(body);
}

async function readParts(body: Buffer, contentType: string): Promise<[string, string][]> {
  const form = await new Response(new Uint8Array(body), {
    headers: { "content-type": contentType },
  }).formData();
  return [...form].map(([name, value]) => [name, String(value)]);
}

function utf8(body: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw new ServerError(48, "NOT_IMPLEMENTED", "Only text is taken here: no binary format");
  }
}

/** The engine would run several, one after the other; a server runs none. What follows an INSERT may be its rows. */
function refuseSeveral(sql: string): void {
  if (/^\s*INSERT\b/i.test(sql)) return;
  if (/;\s*\S/.test(sql.replaceAll(QUOTED_OR_COMMENT, "''").replace(/;[\s']*$/, ";"))) {
    throw new ServerError(62, "SYNTAX_ERROR", "Syntax error (Multi-statements are not allowed)");
  }
}
