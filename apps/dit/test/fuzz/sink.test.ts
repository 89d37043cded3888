import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REPORTS_TOPIC } from "@dit/protocol";
import { openLmdbEventLog } from "@dit/storage/event-log/lmdb";
import fc from "fast-check";
import { expect, it } from "vitest";
import { startPipeline } from "../../src/pipeline/pipeline.ts";
import { until } from "../support/until.ts";
import { fuzzSeed } from "./fuzz-seed.ts";
import { isObject, jsonOf } from "./models.ts";
import { mutated } from "./mutated.ts";
import { withOddValues } from "./odd-values.ts";

const COUNT = 1_500;
const STORED_WITHIN_MS = 60_000;
const seed = fuzzSeed();

const now = Math.floor(Date.now() / 1000);
const REPORT = {
  useCase: "client_health",
  schemaVersion: 1,
  epoch: Math.floor(now / 86_400),
  epochSeconds: 86_400,
  reportId: "cf09bd75133277b95b8fc3261287cc9a",
  ingestDay: new Date(now * 1000).toISOString().slice(0, 10),
  mayRepeat: false,
  pseudonym: "AAECAwQFBgcICQoLDA0ODw",
  events: [
    { name: "timer_fired", at: now, fields: { planned_ms: 1, late_ms: 1.5 } },
    { name: "session_started", at: now, fields: { platform: "Win32", language: "de-AT" } },
  ],
};

it(`hostile records stop no partition, and each of their events is accounted for (seed ${seed})`, {
  timeout: 2 * STORED_WITHIN_MS,
}, async () => {
  const directory = await mkdtemp(join(tmpdir(), "dit-fuzz-sink-"));
  const lines: string[] = [];
  const start = () =>
    startPipeline({
      env: {},
      dataDirectory: directory,
      freePorts: true,
      writeLog: (line) => lines.push(line),
    });
  // So that there is a log to put something into.
  await (await start()).stop();
  const records = hostileRecords();
  const log = await openLmdbEventLog({ path: join(directory, "event-log") });
  await log.append(
    REPORTS_TOPIC,
    records.map((value, index) => ({ key: Buffer.of(index % 7), value })),
  );
  await log.close();
  const pipeline = await start();
  try {
    const { account } = pipeline;
    await until(async () => (await account.pending()) === 0, STORED_WITHIN_MS, "records stay pending");
    const stored = await account.stored();
    expect(stored.reportsDealtWith).toBe(COUNT);
    expect(stored.rowsInserted).toBeGreaterThan(0);
    expect(stored.deadLettered).toBeGreaterThan(0);
    const accounted = stored.rowsInserted + stored.deadLettered + stored.deduplicated;
    expect(accounted).toBe(records.reduce((sum, record) => sum + eventsIn(record), 0));
    expect(lines.filter((line) => line.includes('"error"'))).toEqual([]);
  } finally {
    await pipeline.stop();
    await rm(directory, { recursive: true, force: true });
  }
});

/** Half with an id of their own, since of the same report only the first is stored. */
function hostileRecords(): Buffer[] {
  const text = JSON.stringify(REPORT);
  const inputs = fc.oneof(
    mutated([Buffer.from(text)], 2),
    withOddValues([REPORT.events, REPORT.events]).map((events) =>
      Buffer.from(text.replace(JSON.stringify(REPORT.events), events)),
    ),
  );
  return fc.sample(inputs, { numRuns: COUNT, seed }).map((record, index) => {
    const own = index.toString(16).padStart(32, "0");
    return index % 2 === 0
      ? record
      : Buffer.from(record.toString("latin1").replace(REPORT.reportId, own), "latin1");
  });
}

/** Whatever its envelope is: events that are there are counted, one by one. */
function eventsIn(record: Uint8Array): number {
  const value = jsonOf(record, "skipped")?.value;
  return isObject(value) && Array.isArray(value.events) ? value.events.length : 0;
}
