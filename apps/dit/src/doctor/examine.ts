import { CommandError } from "../command.ts";
import { queryWarehouse } from "../commands/query.ts";
import { checkBalance } from "./check-balance.ts";
import { readReadiness } from "./read-readiness.ts";
import { type SyntheticEventOptions, sendSyntheticEvent } from "./send-synthetic-event.ts";

export interface Finding {
  readonly step: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface ExamineOptions extends SyntheticEventOptions {
  /** How long the event may take from its acceptance to its row. */
  readonly withinMs: number;
}

const POLL_MS = 200;

/** Goes the way of an event, hop by hop, and stops where it cannot go on. */
export async function* examine(options: ExamineOptions): AsyncGenerator<Finding> {
  const { addresses, withinMs } = options;
  for (const service of ["acs", "ingest", "sink", "edge", "warehouse"] as const) {
    yield await step(`${service} is ready`, () => readReadiness(addresses, service));
  }
  const started = await attempt("the client has keys", () => sendSyntheticEvent(options));
  yield started.finding;
  if (started.value === undefined) return;
  const { tokens, reportId } = started.value;
  yield await step("tokens are issued, proof verified", () => tokens);
  const sent = await attempt("a report goes edge -> ingest -> log", () => reportId);
  yield sent.finding;
  if (sent.value === undefined) return;
  const { value } = sent;
  yield await step("its row is in the warehouse", () => waitForRow(addresses.warehouseUrl, value, withinMs));
  yield await step("the account balances", () => checkBalance(addresses, value));
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
