import { once } from "node:events";
import { Readable } from "node:stream";
import type { ClickHouseClient, ClickHouseSettings } from "@clickhouse/client";
import { ROWS_FORMAT } from "./encode-rows.ts";
import type { WarehouseInsert } from "./warehouse.ts";

/** One INSERT; `body`: its rows, by `encodeRows`. */
export async function postRows(
  client: ClickHouseClient,
  { table, columns }: Pick<WarehouseInsert, "table" | "columns">,
  body: Buffer,
  options: { readonly settings: ClickHouseSettings; readonly signal: AbortSignal },
): Promise<void> {
  const { stream } = await client.exec({
    query: `INSERT INTO ${table.split(".").map(quoted).join(".")} (${columns.map(quoted).join(", ")}) FORMAT ${ROWS_FORMAT}`,
    values: Readable.from([body], { objectMode: false }),
    clickhouse_settings: options.settings,
    abort_signal: options.signal,
  });
  // An answer that is not read to its end keeps its connection.
  const ended = once(stream, "end");
  stream.resume();
  await ended;
}

function quoted(name: string): string {
  return `\`${name}\``;
}
