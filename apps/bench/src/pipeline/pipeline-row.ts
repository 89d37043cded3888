import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import {
  postReport,
  readKeys,
  repeat,
  type SignedReport,
  signReport,
  type TokenTarget,
  tokensFor,
  unsignedReport,
} from "../capacity/load.ts";
import { coreNote } from "../table/core-note.ts";
import { interleave } from "../table/interleave.ts";
import type { Measurement, Row } from "../table/row.ts";
import { inTemporaryDirectory } from "../temporary-directory.ts";
import { type PipelineProcess, startPipelineProcess } from "./pipeline-process.ts";

const EVENTS_PER_REPORT = 20;
const REPORTS_PER_TOKEN = 8;
/** So that it is the pipeline that takes its time, and not one report's way through it. */
const REPORTS_AT_ONCE = 128;
const POLL_MS = 10;

/** From the first request until all is in the warehouse, by the clock: each side may use both cores, which it shares with the load. */
export const pipelineRow: Row = {
  name: "pipeline",
  what: "whole pipeline in one process, events stored",
  against:
    "the same HTTP stack, validation, log, sink's batches, tables and load without edge, ACS, token, MAC and keyed pseudonyms; clients' cryptography is done before the clock starts",
  target: { leastRatio: 0.6 },
  measure: () => measurePipelines({ reports: 1_500, turns: 7 }),
};

/** Throws unless both sides have accepted and stored every event. */
export function measurePipelines(size: {
  readonly reports: number;
  readonly turns: number;
}): Promise<Measurement> {
  return inTemporaryDirectory(async (directory) => {
    await using started = new AsyncDisposableStack();
    const start = async (kind: "whole" | "plain") =>
      started.adopt(await startPipelineProcess(kind, join(directory, kind)), (each) => each.stop());
    const whole = createSide(await start("whole"), await createSigner(), size.reports);
    const plain = createSide(await start("plain"), makeUnsigned, size.reports);
    const turns = await interleave({ ours: whole.turn, peer: plain.turn }, size.turns);
    await whole.requireAll();
    await plain.requireAll();
    const note = coreNote(whole.perCoreSecond, plain.perCoreSecond);
    return { unit: "events/s", turns, note };
  });
}

type MakeReports = (pipeline: PipelineProcess, count: number) => Promise<SignedReport[]>;

async function createSigner(): Promise<MakeReports> {
  const poprf = await createLibsodiumPoprf();
  return async ({ addresses }, count) => {
    const target: TokenTarget = { ...addresses, poprf };
    const tokens = await tokensFor(target, await readKeys(target), Math.ceil(count / REPORTS_PER_TOKEN));
    return Array.from({ length: count }, (_, index) => {
      const token = tokens[Math.floor(index / REPORTS_PER_TOKEN)];
      if (token === undefined) throw new Error("there are too few tokens");
      return signReport(addresses.environment, token, EVENTS_PER_REPORT);
    });
  };
}

const makeUnsigned: MakeReports = async (_pipeline, count) =>
  Array.from({ length: count }, () => unsignedReport(EVENTS_PER_REPORT));

function createSide(pipeline: PipelineProcess, makeReports: MakeReports, reportsPerTurn: number) {
  const perCoreSecond: number[] = [];
  let events = 0;
  return {
    /** Of the pipeline's process: the load is in none of it. */
    perCoreSecond,
    async turn(): Promise<number> {
      const reports = await makeReports(pipeline, reportsPerTurn);
      const spentBefore = await pipeline.ask("processorSeconds");
      const startedMs = performance.now();
      await send(pipeline.addresses.reportsUrl, reports);
      while ((await pipeline.ask("pending")) > 0) await sleep(POLL_MS);
      const seconds = (performance.now() - startedMs) / 1_000;
      const sent = reports.length * EVENTS_PER_REPORT;
      perCoreSecond.push(sent / ((await pipeline.ask("processorSeconds")) - spentBefore));
      events += sent;
      return sent / seconds;
    },
    /** Without this, the side that loses most would be the fastest. */
    async requireAll(): Promise<void> {
      const rows = await pipeline.ask("rows");
      if (rows !== events) throw new Error(`${rows} events are stored, of ${events} that were accepted`);
    },
  };
}

async function send(url: string, reports: readonly SignedReport[]): Promise<void> {
  const sendOne = async (index: number) => {
    const report = reports[index];
    if (report !== undefined) await postReport(url, report);
  };
  await repeat(reports.length, sendOne, REPORTS_AT_ONCE);
}
