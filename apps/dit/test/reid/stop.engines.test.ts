import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../../src/command-line.ts";
import { createTestIo } from "../support/test-io.ts";
import { until } from "../support/until.ts";
import {
  type App,
  CLEAN_FIELDS,
  EVENT,
  FAULTY_FIELD,
  type FaultyBox,
  PLANTED,
  startFaultyBox,
  USE_CASE,
} from "./faulty-box.ts";

const HOUR_MS = 3_600_000;
const PEOPLE = 1_500;
const WITHIN_MS = 120_000;
const INSTALLED_MS = Number(`${PLANTED}999999999`);
/** What services hear of within, as the docs say: two polls of ACS, each some seconds. */
const STOPPED_WITHIN_MS = 15_000;

let box: FaultyBox;
/** Keeps the keys it has: it goes on sending. */
let oldApp: App;
let sending: NodeJS.Timeout;
beforeAll(async () => {
  // Batches that wait hold reports that ingest took before the block.
  box = await startFaultyBox({ DIT_REID_INTERVAL_MS: "1000", DIT_SINK_BATCH_MAX_WAIT_MS: "4000" });
  await box.storeFirstRow();
  oldApp = await box.startApp(HOUR_MS);
  const send = () => oldApp.client.log(EVENT, { [FAULTY_FIELD]: INSTALLED_MS, battery: 7, network: "wifi" });
  send();
  sending = setInterval(send, 150);
  await until(() => stored(`${FAULTY_FIELD} = ${INSTALLED_MS}`), WITHIN_MS, "no row is stored");
}, 2 * WITHIN_MS);
afterAll(async () => {
  clearInterval(sending);
  await box.stop();
}, WITHIN_MS);

async function stored(condition: string): Promise<boolean> {
  const rows = await box.query(`SELECT 1 FROM dit.${USE_CASE}__${EVENT} WHERE ${condition} LIMIT 1`);
  return rows.length > 0;
}

async function blockedNow(): Promise<readonly string[]> {
  return (await box.admin.fieldPolicy(USE_CASE)).policy.blocks.map(({ field }) => field);
}

const droppedAtIngest = () => box.metric("ingest", "dit_ingest_fields_blocked_total");

async function secondsUntilDropped(): Promise<number> {
  const startedAtMs = performance.now();
  await until(async () => (await droppedAtIngest()) > 0, WITHIN_MS, "ingest drops nothing");
  return (performance.now() - startedAtMs) / 1_000;
}

describe("a field that identifies, under onBreach: block", () => {
  it("is stopped by the run that finds it, at ingest, in flight and in the app, and nothing beside it", {
    timeout: 5 * WITHIN_MS,
  }, async () => {
    await box.fillWindows(PEOPLE);
    await until(async () => (await blockedNow()).length > 0, WITHIN_MS, "nothing is blocked");
    const runsAtBlock = await box.metric("reid", "dit_reid_runs_total");
    const sinceBlock = secondsUntilDropped();
    await until(
      async () => (await box.metric("reid", "dit_reid_runs_total")) > runsAtBlock,
      WITHIN_MS,
      "the run goes on",
    );
    const alreadyDropped = await droppedAtIngest();
    const sinceRun = alreadyDropped > 0 ? 0 : await secondsUntilDropped();
    const seconds = { sinceBlock: await sinceBlock, sinceRun };
    process.stdout.write(`first dropped field: ${JSON.stringify(seconds)} s\n`);
    expect(seconds.sinceBlock * 1_000).toBeLessThan(STOPPED_WITHIN_MS);

    expect(await blockedNow()).toEqual([FAULTY_FIELD]);
    await until(
      async () => (await box.metric("sink", "dit_sink_fields_blocked_total")) > 0,
      WITHIN_MS,
      "the sink drops nothing in flight",
    );
    await until(
      () => stored(`${FAULTY_FIELD} IS NULL AND ${CLEAN_FIELDS[0]} = 7 AND ${CLEAN_FIELDS[1]} = 'wifi'`),
      WITHIN_MS,
      "no row without it is stored",
    );
  });

  it("no longer leaves an app that has fetched keys since", { timeout: WITHIN_MS }, async () => {
    expect(oldApp.bodies.at(-1)).toContain(PLANTED);
    const app = await box.startApp(HOUR_MS);
    app.client.log(EVENT, { [FAULTY_FIELD]: INSTALLED_MS, battery: 7, network: "cell" });
    await until(() => app.bodies.length > 0, WITHIN_MS, "the app sends nothing");
    expect(app.bodies[0]).toContain("cell");
    expect(app.bodies.join()).not.toContain(PLANTED);
  });

  it("is collected again while a named human overrides the block, and no longer", {
    timeout: 3 * WITHIN_MS,
  }, async () => {
    const io = createTestIo(box.env);
    const args = [
      "reid",
      "override",
      USE_CASE,
      EVENT,
      FAULTY_FIELD,
      "--reason",
      "an incident",
      "--by",
      "ada",
    ];
    expect(await runCommand([...args, "--for", "1m"], io)).toBe(0);
    await until(() => Promise.resolve(notDropped()), WITHIN_MS, "it is dropped although it is overridden");
    const atOverride = await droppedAtIngest();
    await until(async () => (await droppedAtIngest()) > atOverride, WITHIN_MS, "the override does not end");
    const actions = (await audit()).map(({ actor, action }) => `${actor} ${action}`);
    expect(actions).toContain("monitor field.blocked");
    expect(actions).toContain("ada field.overridden");
    expect(JSON.stringify(await audit())).not.toContain(PLANTED);
  });
});

/** Of what is sent within a second, nothing was dropped. */
async function notDropped(): Promise<boolean> {
  const before = await droppedAtIngest();
  const reports = oldApp.bodies.length;
  await until(() => oldApp.bodies.length > reports + 4, WITHIN_MS, "the app sends nothing");
  return (await droppedAtIngest()) === before;
}

function audit() {
  return box.admin.readAudit({ limit: 1_000 });
}
