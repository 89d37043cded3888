import type { Secret } from "@dit/service-kit";
import { firstOf, type Instances } from "../addresses.ts";
import { CommandError } from "../command.ts";
import { queryWarehouse } from "../commands/query.ts";
import { checkBalance } from "./check-balance.ts";
import { readReadiness } from "./read-readiness.ts";
import { sendSyntheticEvent } from "./send-synthetic-event.ts";

export interface Finding {
  readonly step: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface ExamineOptions {
  readonly instances: Instances;
  readonly environment: string;
  /** Of an account; by default the development identity provider is asked for one. */
  readonly accessToken: Secret | undefined;
  /** How long an event may take from its acceptance to its row. */
  readonly withinMs: number;
}

const POLL_MS = 200;

/** Asks every instance, then goes the way of an event, hop by hop, once through each edge and each ACS. */
export async function* examine(options: ExamineOptions): AsyncGenerator<Finding> {
  const { instances } = options;
  for (const service of ["acs", "ingest", "sink", "reid", "edge"] as const) {
    const adminUrls = instances[`${service}AdminUrl`];
    for (const [index, adminUrl] of adminUrls.entries()) {
      yield await step(`${service}${numbered(index, adminUrls)} is ready`, () => readReadiness(adminUrl));
    }
  }
  yield await step("warehouse is ready", () => checkWarehouse(instances));
  const ways = Math.max(instances.acsUrl.length, instances.edgeUrl.length);
  let stored: string | undefined;
  for (let way = 0; way < ways; way++) stored = (yield* followEvent(options, way, ways)) ?? stored;
  if (stored === undefined) return;
  const reportId = stored;
  yield await step("the account balances", () => checkBalance(instances, reportId));
}

/** Stops where the event cannot go on. Answers with the id of a report that was accepted. */
async function* followEvent(
  { instances, environment, accessToken, withinMs }: ExamineOptions,
  way: number,
  ways: number,
): AsyncGenerator<Finding, string | undefined> {
  const { edgeUrl, acsUrl } = instances;
  const addresses = {
    ...firstOf(instances),
    edgeUrl: edgeUrl[way % edgeUrl.length] ?? "",
    acsUrl: acsUrl[way % acsUrl.length] ?? "",
  };
  const through = ways > 1 ? ` (way ${way + 1})` : "";
  const started = await attempt(`the client has keys${through}`, () =>
    sendSyntheticEvent({ addresses, environment, accessToken }),
  );
  yield started.finding;
  if (started.value === undefined) return undefined;
  const { tokens, reportId } = started.value;
  yield await step(`tokens are issued, proof verified${through}`, () => tokens);
  const sent = await attempt(`a report goes edge -> ingest -> log${through}`, () => reportId);
  yield sent.finding;
  if (sent.value === undefined) return undefined;
  const { value } = sent;
  yield await step(`its row is in the warehouse${through}`, () =>
    waitForRow(addresses.warehouseUrl, value, withinMs),
  );
  return value;
}

function numbered(index: number, all: readonly string[]): string {
  return all.length > 1 ? ` ${index + 1}` : "";
}

/** A ClickHouse server says by its answer that it is there. */
async function checkWarehouse({ warehouseUrl, warehouseAdminUrl }: Instances): Promise<string> {
  const [adminUrl] = warehouseAdminUrl;
  if (adminUrl !== undefined) return await readReadiness(adminUrl);
  return `ClickHouse ${await queryWarehouse(warehouseUrl[0] ?? "", "SELECT version()", "TSV")}`;
}

async function waitForRow(warehouseUrl: string, reportId: string, withinMs: number): Promise<string> {
  const start = performance.now();
  const sql = `SELECT count() FROM dit.dit_doctor__heartbeat WHERE replaceAll(toString(report_id), '-', '') = '${reportId}'`;
  for (;;) {
    const rows = await countIfThere(warehouseUrl, sql);
    const elapsedMs = Math.round(performance.now() - start);
    if (rows === 1) return `after ${elapsedMs} ms`;
    if (rows > 1) throw new Error(`${rows} rows: it is stored more than once`);
    if (elapsedMs > withinMs) throw new Error(`not within ${withinMs} ms: the sink is behind or stopped`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The sink makes a table when it has something to store in it: until then there is nothing. */
async function countIfThere(warehouseUrl: string, sql: string): Promise<number> {
  try {
    return Number(await queryWarehouse(warehouseUrl, sql, "TSV"));
  } catch (error) {
    if (error instanceof CommandError && error.message.includes("(UNKNOWN_TABLE)")) return 0;
    throw error;
  }
}

/** What `run` says is shown beside the step. */
async function step(name: string, run: () => Promise<string>): Promise<Finding> {
  const { finding, value } = await attempt(name, run);
  return { ...finding, detail: value ?? finding.detail };
}

async function attempt<T>(name: string, run: () => Promise<T>): Promise<{ finding: Finding; value?: T }> {
  try {
    return { finding: { step: name, ok: true, detail: "" }, value: await run() };
  } catch (error) {
    return {
      finding: { step: name, ok: false, detail: error instanceof Error ? error.message : String(error) },
    };
  }
}
