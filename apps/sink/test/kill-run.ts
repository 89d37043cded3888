import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { AcceptedReport } from "@dit/protocol";
import { openChdbWarehouse } from "@dit/storage/warehouse/chdb";
import { append, makeDirectory, makeReport, makeUseCase, opened, openLogAndDocuments } from "./harness.ts";

export interface KillResult {
  /** Kills that interrupted a batch whose decision was durable already. */
  readonly interrupted: number;
  readonly stored: { readonly rows: number; readonly different: number };
  readonly expectedRows: number;
  readonly ledger: { readonly events: number; readonly settled: number };
  readonly expectedEvents: number;
}

const EVENTS_PER_REPORT = 10;
const MAX_LIFE_MS = 400;

/** Kills a sink `kills` times at random moments of its work, lets the next one finish, and says what is in the warehouse. */
export async function killAgainAndAgain(kills: number, reportCount: number): Promise<KillResult> {
  const directory = await makeDirectory();
  const document = makeUseCase();
  await writeFile(join(directory.path, "use-case.json"), JSON.stringify(document));
  const { reports, expectedRows } = makeWorkload(document.useCase, reportCount);
  const log = await openLogAndDocuments(directory.path);
  await append(log.eventLog, reports);

  let interrupted = 0;
  for (let kill = 0; kill < kills; kill++) {
    const child = await startChild(directory.path, 100 + Math.floor(Math.random() * 400));
    await sleep(Math.random() * MAX_LIFE_MS);
    child.kill("SIGKILL");
    await exited(child);
    interrupted += await isInterrupted(log.eventLog);
  }
  const last = await startChild(directory.path, 5_000);
  if ((await exited(last)) !== 0) throw new Error("the last life failed");
  for (const store of [log.eventLog, log.documents]) await store.close();

  const warehouse = await openChdbWarehouse({ path: join(directory.path, "warehouse") });
  const [stored] = await warehouse.query<KillResult["stored"]>(
    `SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(report_id, items)) AS different FROM dit.${document.useCase}__opened`,
  );
  const [ledger] = await warehouse.query<KillResult["ledger"]>(
    `SELECT toUInt32(sum(l.events)) AS events, toUInt32(sum(l.inserted + l.dead_lettered + l.deduplicated)) AS settled
    FROM dit.sink_ledger AS l`,
  );
  await warehouse.close();
  await directory.remove();
  if (stored === undefined || ledger === undefined) throw new Error("the warehouse is empty");
  const expectedEvents = reports.reduce((sum, { events }) => sum + events.length, 0);
  return { interrupted, stored, expectedRows, ledger, expectedEvents };
}

/** Now and then a report comes twice, in either order, or is of an unknown use case. */
function makeWorkload(useCase: string, reportCount: number) {
  const reports: AcceptedReport[] = [];
  const waiting: AcceptedReport[] = [];
  for (let index = 0; index < reportCount; index++) {
    const events = Array.from({ length: EVENTS_PER_REPORT }, (_, items) => opened({ items }));
    const report = makeReport(useCase, { events });
    const isRepeated = index % 50 === 7;
    const repeatFirst = index % 100 === 7;
    reports.push({ ...report, mayRepeat: isRepeated && repeatFirst });
    if (isRepeated) waiting.push({ ...report, mayRepeat: !repeatFirst });
    if (index % 50 === 40) reports.push(...waiting.splice(0));
    if (index % 100 === 99) reports.push(makeReport("a_stranger"));
  }
  reports.push(...waiting);
  return { reports, expectedRows: reportCount * EVENTS_PER_REPORT };
}

async function startChild(path: string, maxEvents: number): Promise<ChildProcess> {
  const script = fileURLToPath(new URL("./kill-child.ts", import.meta.url));
  const child = spawn(process.execPath, [script, path, String(maxEvents)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return child;
}

async function exited(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.exitCode;
}

async function isInterrupted(eventLog: Awaited<ReturnType<typeof openLogAndDocuments>>["eventLog"]) {
  const stop = new AbortController();
  let interrupted = 0;
  await eventLog.consume({
    topic: "reports",
    group: "sink",
    signal: stop.signal,
    onPartition: async (reader) => {
      interrupted += (await reader.committed()).metadata === "" ? 0 : 1;
    },
  });
  return interrupted;
}
