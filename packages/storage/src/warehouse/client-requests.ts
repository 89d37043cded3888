import type { ClickHouseClient } from "@clickhouse/client";

export type QueryParameters = Readonly<Record<string, unknown>>;

export interface Answer<T> {
  readonly result: T;
  /** The server's own name for itself; undefined in process. */
  readonly server: string | undefined;
}

export async function askForRows<Row>(
  client: ClickHouseClient,
  sql: string,
  parameters: QueryParameters,
  signal?: AbortSignal,
): Promise<Answer<Row[]>> {
  const answer = await client.query({
    query: sql,
    query_params: { ...parameters },
    format: "JSONEachRow",
    ...(signal && { abort_signal: signal }),
  });
  return { result: await answer.json<Row>(), server: serverOf(answer.response_headers) };
}

/** A statement without rows. */
export async function sendCommand(
  client: ClickHouseClient,
  sql: string,
  parameters: QueryParameters,
  signal?: AbortSignal,
): Promise<Answer<undefined>> {
  const query_params = { ...parameters };
  const answer = await client.command({ query: sql, query_params, ...(signal && { abort_signal: signal }) });
  return { result: undefined, server: serverOf(answer.response_headers) };
}

export function hasValues(parameters: QueryParameters): boolean {
  return Object.keys(parameters).length > 0;
}

function serverOf(headers: Readonly<Record<string, string | string[] | undefined>>): string | undefined {
  const name = headers["x-clickhouse-server-display-name"];
  return typeof name === "string" ? name : undefined;
}
