import type { FieldDecision } from "@dit/protocol/schemas";
import { Secret } from "@dit/service-kit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  createTestMonitor,
  fillWindow,
  makeUseCase,
  openTestStores,
  type TestStores,
  WINDOW,
} from "../../test/harness.ts";
import type { Alert } from "./alert.ts";

let stores: TestStores;
beforeAll(async () => {
  stores = await openTestStores();
});
afterAll(() => stores.close());

const text = { type: "string", maxLength: 99 } as const;
const PEOPLE = 2_000;
const SERIAL = "concat('SERIAL-', toString(person + 730000000000))";
const MODEL = "concat('MODEL-', toString(person % 4))";
let turn = 0;

/** A use case of its own, with a field that identifies and one that does not. */
async function plant(privacy: Parameters<typeof makeUseCase>[2] = {}) {
  const document = makeUseCase(`shop_${++turn}`, { serial: text, model: text }, privacy);
  const values = { serial: SERIAL, model: MODEL };
  await fillWindow(stores.warehouse, document, { window: WINDOW, people: PEOPLE, values });
  return document;
}

async function alertsOf(useCase: string) {
  return stores.warehouse.query<{ transition: string; level: string; score: string; fields: string[] }>(
    "SELECT transition, level, score, fields FROM dit.reid_alerts WHERE use_case = {useCase:String} ORDER BY at, score",
    { useCase },
  );
}

describe("a field that goes too far", () => {
  it("is told, and goes on where the use case says alert", async () => {
    const document = await plant({ onBreach: "alert" });
    const monitor = await createTestMonitor(stores, [document]);
    expect(await monitor.run()).toMatchObject({ blocked: [] });
    expect(monitor.decisions).toEqual([]);
    const alerts = await alertsOf(document.useCase);
    expect(alerts).toContainEqual(
      expect.objectContaining({
        transition: "opened",
        level: "block",
        score: "exposed_pids",
        fields: ["serial"],
      }),
    );
    expect(alerts.flatMap(({ fields }) => fields)).not.toContain("model");
  });

  it("is told once, and stopped once, where the use case says block", async () => {
    const document = await plant({ onBreach: "block" });
    const monitor = await createTestMonitor(stores, [document]);
    expect(await monitor.run()).toMatchObject({ blocked: [`${document.useCase}.sent.serial`] });
    const told = await alertsOf(document.useCase);
    expect(await monitor.run()).toMatchObject({ told: 0, blocked: [] });
    expect(await alertsOf(document.useCase)).toEqual(told);
    expect(monitor.decisions).toEqual([
      {
        ...{ useCase: document.useCase, decision: "block", event: "sent", field: "serial", by: "monitor" },
        reason: expect.stringMatching(/^exposed_pids 1\.0000, at least 0\.9981, over 0\.01$/),
      },
    ]);
    expect(await monitor.metrics.value("open_alerts", { use_case: document.useCase, kind: "block" })).toBe(
      told.length,
    );
  });

  it("is told although ACS is down, and stopped when it is back, though its window is over", async () => {
    const document = await plant({ onBreach: "block" });
    const decisions: FieldDecision[] = [];
    const acs = { isUp: false };
    const monitor = await createTestMonitor(stores, [document], {
      decideField: (_useCase, decision) => {
        if (!acs.isUp) throw Object.assign(new Error("gone"), { code: "ECONNREFUSED" });
        decisions.push(decision);
      },
    });
    await expect(monitor.run()).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(await alertsOf(document.useCase)).not.toEqual([]);
    expect(await monitor.metrics.value("block_failures_total")).toBe(1);
    expect(await monitor.metrics.value("last_success_timestamp_seconds")).toBe(0);
    acs.isUp = true;
    expect(await monitor.run()).toMatchObject({ told: 0, blocked: [`${document.useCase}.sent.serial`] });
    expect(decisions.map(({ field }) => field)).toEqual(["serial"]);
    // And the window is measured as final no more.
    expect(await monitor.run()).toMatchObject({ subjects: 0 });
  });

  it("is, of a pair, the field that tells more", async () => {
    const document = makeUseCase("pair", { model: text, locale: text }, { onBreach: "block" });
    // 200 x 8 combinations of 20,000 people: some 12 people each, and 100 or more for every value alone.
    const values = {
      model: "concat('m', toString(sipHash64(person, 1) % 200))",
      locale: "concat('l', toString(sipHash64(person, 2) % 8))",
    };
    await fillWindow(stores.warehouse, document, { window: WINDOW, people: 16_000, values });
    const monitor = await createTestMonitor(stores, [document]);
    expect(await monitor.run()).toMatchObject({ blocked: ["pair.sent.model"] });
    expect(monitor.decisions[0]?.reason).toMatch(/^exposed_pids locale with model /);
  });
});

it("has Alertmanager remember until long runs, which rest long, say it again", async () => {
  const told: { readonly alertname: string; readonly holdsMs: number }[] = [];
  const document = await plant();
  const monitor = await createTestMonitor(stores, [document], {
    config: {
      webhook: { url: "http://webhook", secret: new Secret("shared") },
      alertmanagerUrl: "http://alertmanager",
    },
    fetch: async (url, init) => {
      if (String(url) === "http://webhook") monitor.clock.advance(3_600_000);
      else {
        for (const { labels, endsAt } of JSON.parse(String(init?.body)))
          told.push({ alertname: labels.alertname, holdsMs: Date.parse(endsAt) - monitor.clock.nowMs() });
      }
      return new Response();
    },
  });
  const startedAtMs = monitor.clock.nowMs();
  await monitor.run();
  const tookMs = monitor.clock.nowMs() - startedAtMs;
  expect(tookMs).toBeGreaterThan(0);
  const last = new Map(told.map(({ alertname, holdsMs }) => [alertname, holdsMs]));
  // The next one to say it has rested nine times as long, and takes as long again; and three more may fail.
  for (const name of ["DitReidAlive", "DitReidentifying"]) {
    expect(last.get(name)).toBe(4 * 10 * tookMs - tookMs);
  }
});

describe("two monitors at once", () => {
  it("tell every alert once, as rows, and agree on what is open", async () => {
    const document = await plant();
    const monitors = await Promise.all([1, 2].map(() => createTestMonitor(stores, [document])));
    const reports = await Promise.all(monitors.map(({ run }) => run()));
    const alerts = await alertsOf(document.useCase);
    expect(alerts.length).toBeGreaterThan(0);
    expect(reports.map(({ told }) => told).sort()).toEqual([0, alerts.length]);
    expect(new Set(alerts.map(({ score, fields }) => `${score} ${fields}`)).size).toBe(alerts.length);
    expect(await stores.documents.list("reid-outbox")).toEqual([]);
  });
});

describe("a run that cannot see", () => {
  const CANARY = "dit.reid___canary";
  const TODAY = WINDOW + 1;

  beforeEach(() => stores.warehouse.command(`DROP TABLE IF EXISTS ${CANARY} SYNC`));
  afterEach(() => stores.warehouse.command(`DROP TABLE IF EXISTS ${CANARY} SYNC`));

  it.each(["NULL", "1", "number % 20"])(
    "fails, and claims no success, with %s for the planted identifiers",
    async (identifier) => {
      await (await createTestMonitor(stores, [])).run();
      await stores.warehouse.command(`TRUNCATE TABLE ${CANARY} SYNC`);
      await stores.warehouse.command(
        `INSERT INTO ${CANARY} SELECT toDate(${TODAY}), ${TODAY}, reinterpretAsUUID(sipHash128(number)), ${identifier}, 'yes' FROM numbers(2000)`,
      );
      const blind = await createTestMonitor(stores, []);
      await expect(blind.run()).rejects.toMatchObject({ code: "canary_not_found" });
      expect(await blind.metrics.value("last_success_timestamp_seconds")).toBe(0);
      expect(await blind.metrics.value("runs_total", { outcome: "canary_not_found" })).toBe(1);
    },
  );

  it("fails where a field that tells nothing is found to be one that identifies", async () => {
    const monitor = await createTestMonitor(stores, []);
    await monitor.run();
    await stores.warehouse.command(
      `INSERT INTO ${CANARY} SELECT ingest_day, epoch, pid, identifier, toString(rowNumberInAllBlocks()) FROM ${CANARY}`,
    );
    await expect(monitor.run()).rejects.toMatchObject({ code: "canary_not_found" });
  });
});

it("shows no value of a field anywhere: no alert, log line, metric, table or document", async () => {
  const one = await plant({ onBreach: "block" });
  const other = await plant({ onBreach: "block" });
  const sent: string[] = [];
  const monitor = await createTestMonitor(stores, [one, other], {
    config: {
      webhook: { url: "https://example.org/hook", secret: new Secret("shared") },
      alertmanagerUrl: "https://example.org",
    },
    fetch: async (_url, init) => {
      sent.push(String(init?.body));
      return new Response();
    },
  });
  await monitor.run();
  const alert = sent
    .map((body) => JSON.parse(body) as Alert)
    .find(({ score, useCase }) => score === "containment" && useCase === one.useCase);
  expect(alert).toMatchObject({ other: `${other.useCase}.sent.serial` });
  const tables = ["scores", "containments", "alerts"].map((name) => `dit.reid_${name}`);
  const rows = await Promise.all(tables.map((table) => stores.warehouse.query(`SELECT * FROM ${table}`)));
  expect(rows.every(({ length }) => length > 0)).toBe(true);
  const states = await stores.documents.list("reid-states");
  const told = JSON.stringify([
    sent,
    rows,
    states,
    monitor.log,
    monitor.decisions,
    await monitor.metrics.text(),
  ]);
  expect(told).toContain(one.useCase);
  expect(told).not.toMatch(/SERIAL-|MODEL-|730000000001|730000001999/);
  const hashes = await stores.warehouse.query<{ hash: string }>(
    `SELECT lower(hex(sipHash64(serial))) AS hash FROM dit.${one.useCase}__sent`,
  );
  expect(hashes.filter(({ hash }) => told.toLowerCase().includes(hash))).toEqual([]);
});
