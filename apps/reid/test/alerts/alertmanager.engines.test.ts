import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalAlertmanager, freePort, type LocalEngine } from "@dit/local";
import { Secret } from "@dit/service-kit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TestMonitor, TestStores } from "../harness.ts";
import { createTestMonitor, DAY_SECONDS, fillWindow, makeUseCase, openTestStores } from "../harness.ts";
import { alertmanagerConfig, type ListedAlert, listAlerts, type Notification } from "./alertmanager-api.ts";
import { createDocumentedWebhook } from "./documented-webhook.ts";
import { type Receiver, startReceiver } from "./receiver.ts";

/** Alertmanager goes by the machine's clock. The window that is open: it is measured at every run. */
const NOW_SECONDS = Math.floor(Date.now() / 1_000);
const TODAY = Math.floor(NOW_SECONDS / DAY_SECONDS);
const PEOPLE = 2_000;
const CALM_RUNS = 3;
const SECRET = "what both know";
const NOTIFIED_WITHIN_MS = 60_000;

const serials = (people: number) =>
  `if(person < ${people}, concat('SERIAL-', toString(person + 730000000000)), concat('MODEL-', toString(person % 4)))`;
const [NOBODY, SOME, EVERYBODY] = [serials(0), serials(10), serials(PEOPLE)];

let directory: string;
let stores: TestStores;
let alertmanager: LocalEngine;
let pager: Receiver;
let webhook: Receiver;
/** All that Alertmanager ever listed. */
const listed: ListedAlert[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dit-alert-delivery-"));
  stores = await openTestStores();
  pager = await startReceiver(() => 200);
  const documented = createDocumentedWebhook(
    () => [SECRET],
    () => Date.now() / 1_000,
  );
  webhook = await startReceiver((request) => documented.judge(request).status);
  alertmanager = await createLocalAlertmanager({
    directory: join(directory, "alertmanager"),
    config: alertmanagerConfig(pager.url),
  });
  await alertmanager.start();
});
afterAll(async () => {
  await alertmanager.stop();
  for (const each of [pager, webhook, stores]) await each.close();
  await rm(directory, { recursive: true });
});

let useCases = 0;
let useCase: ReturnType<typeof makeUseCase>;
beforeEach(() => {
  useCase = makeUseCase(`shop_${++useCases}`, { serial: { type: "string", maxLength: 99 } });
});
afterEach(() => alertmanager.start());

/** A monitor that was just started: of what went before it has the stores alone. */
function startMonitor(alertmanagerUrl = alertmanager.url): Promise<TestMonitor> {
  return createTestMonitor(stores, [useCase], {
    config: {
      webhook: { url: webhook.url, secret: new Secret(SECRET) },
      alertmanagerUrl,
      // What is not said again is forgotten after four of them: longer than the test may take.
      intervalMs: 3_600_000,
    },
    nowSeconds: Math.floor(Date.now() / 1_000),
  });
}

/** Puts other rows in place of those that are there: yesterday's, which tell nothing, and today's. */
async function collect(serial: string): Promise<void> {
  await stores.warehouse.command(`DROP TABLE IF EXISTS dit.${useCase.useCase}__sent SYNC`);
  const window = { people: PEOPLE, window: TODAY - 1, values: { serial: NOBODY } };
  await fillWindow(stores.warehouse, useCase, window);
  await fillWindow(stores.warehouse, useCase, { ...window, window: TODAY, values: { serial } });
}

/** How many clients have a value that few have. */
async function exposedAlerts(): Promise<readonly ListedAlert[]> {
  const alerts = await listAlerts(alertmanager.url);
  listed.push(...alerts);
  return alerts.filter(
    ({ labels }) => labels.use_case === useCase.useCase && labels.score === "exposed_pids",
  );
}

async function runUntilCalm(monitor: TestMonitor): Promise<void> {
  await collect(NOBODY);
  for (let run = 0; run < CALM_RUNS; run += 1) await monitor.run().catch(() => undefined);
}

async function waitingFor(sink: string): Promise<number> {
  const pending = await stores.documents.list<{ readonly untold: string[] }>("reid-outbox");
  return pending.filter(({ value }) => value.untold.includes(sink)).length;
}

/** What the pager was told last of an alert. */
function lastNotified(fingerprint: string | undefined): string | undefined {
  return pager.received
    .flatMap(({ body }) => (JSON.parse(body.toString()) as Notification).alerts)
    .findLast((alert) => alert.fingerprint === fingerprint)?.status;
}

const hears = (fingerprint: string | undefined, status: string) =>
  expect.poll(() => lastNotified(fingerprint), { timeout: NOTIFIED_WITHIN_MS }).toBe(status);

describe("an alert that is open", () => {
  it("is there once, by labels that are allowed and no others, however often it is said again", async () => {
    await collect(EVERYBODY);
    const monitor = await startMonitor();
    await monitor.run();
    const [alert] = await exposedAlerts();
    expect(alert?.labels).toEqual({
      ...{ alertname: "DitReidentifying", severity: "critical", score: "exposed_pids" },
      ...{ use_case: useCase.useCase, event: "sent", fields: "serial" },
    });
    expect(Object.keys(alert?.annotations ?? {}).toSorted()).toEqual(["runbook_url", "summary"]);
    monitor.clock.advance(1_000);
    await monitor.run();
    const { updatedAt, endsAt, ...same } = alert ?? ({} as ListedAlert);
    const again = await exposedAlerts();
    expect(again).toEqual([expect.objectContaining(same)]);
    expect(again[0]?.updatedAt).not.toBe(updatedAt);
    expect(again[0]?.endsAt).not.toBe(endsAt);
    await hears(alert?.fingerprint, "firing");
  });

  it("is there once after it has become graver, and what it was before is over", async () => {
    await collect(SOME);
    const monitor = await startMonitor();
    await monitor.run();
    const [before] = await exposedAlerts();
    expect(before?.labels.severity).toBe("warning");
    await hears(before?.fingerprint, "firing");
    await collect(EVERYBODY);
    await monitor.run();
    const after = await exposedAlerts();
    expect(after.map(({ labels }) => labels)).toEqual([{ ...before?.labels, severity: "critical" }]);
    expect(after[0]?.startsAt).toBe(before?.startsAt);
    await hears(before?.fingerprint, "resolved");
  });

  it("is over when the monitor says so", async () => {
    await collect(EVERYBODY);
    const monitor = await startMonitor();
    await monitor.run();
    const [alert] = await exposedAlerts();
    await hears(alert?.fingerprint, "firing");
    await runUntilCalm(monitor);
    expect(await exposedAlerts()).toEqual([]);
    await hears(alert?.fingerprint, "resolved");
  });
});

describe("while Alertmanager is away", () => {
  it("an alert waits, keeps nobody else waiting, and is told when it is back, by another monitor", async () => {
    await alertmanager.kill();
    await collect(EVERYBODY);
    const webhookBefore = webhook.received.length;
    const openedAtMs = Math.floor(Date.now() / 1_000) * 1_000;
    await expect((await startMonitor()).run()).rejects.toThrow();
    const waiting = await waitingFor("alertmanager");
    expect(waiting).toBeGreaterThan(0);
    expect(await waitingFor("webhook")).toBe(0);
    expect(webhook.received).toHaveLength(webhookBefore + waiting);
    // It waits on while nobody is there.
    await expect((await startMonitor()).run()).rejects.toThrow();
    expect(await waitingFor("alertmanager")).toBe(waiting);
    await alertmanager.start();
    await (await startMonitor()).run();
    expect(await waitingFor("alertmanager")).toBe(0);
    const [alert, ...others] = await exposedAlerts();
    expect(others).toEqual([]);
    expect(Date.parse(alert?.startsAt ?? "")).toBeGreaterThanOrEqual(openedAtMs);
    expect(webhook.received).toHaveLength(webhookBefore + waiting);
    await hears(alert?.fingerprint, "firing");
  });

  it("one that is known there and ends meanwhile does not stay open", async () => {
    await collect(EVERYBODY);
    await (await startMonitor()).run();
    const [alert] = await exposedAlerts();
    await hears(alert?.fingerprint, "firing");
    // Cut off, it remembers; restarted, it would have forgotten.
    await runUntilCalm(await startMonitor(`http://127.0.0.1:${await freePort()}`));
    expect(await exposedAlerts()).toEqual([expect.objectContaining({ fingerprint: alert?.fingerprint })]);
    await (await startMonitor()).run();
    expect(await exposedAlerts()).toEqual([]);
    await hears(alert?.fingerprint, "resolved");
  });

  it("one that opens and ends meanwhile is not open afterwards", async () => {
    await alertmanager.kill();
    await collect(EVERYBODY);
    const monitor = await startMonitor();
    await expect(monitor.run()).rejects.toThrow();
    await runUntilCalm(monitor);
    await alertmanager.start();
    expect(await waitingFor("alertmanager")).toBeGreaterThan(1);
    await (await startMonitor()).run();
    expect(await waitingFor("alertmanager")).toBe(0);
    expect(await exposedAlerts()).toEqual([]);
  });

  it("one that was told resolves for people also where Alertmanager was restarted", async () => {
    await collect(EVERYBODY);
    const monitor = await startMonitor();
    await monitor.run();
    const [alert] = await exposedAlerts();
    await hears(alert?.fingerprint, "firing");
    await alertmanager.stop();
    await runUntilCalm(monitor);
    await alertmanager.start();
    await (await startMonitor()).run();
    await hears(alert?.fingerprint, "resolved");
  });
});

it("no receiver ever had a value or a pid", async () => {
  const requests = ({ received }: Receiver) =>
    received.map(({ headers, body }) => JSON.stringify(headers) + body.toString()).join("\n");
  const had = [JSON.stringify(listed), requests(pager), requests(webhook)];
  for (const text of had) expect(text).toMatch(/shop_1\b.*serial/);
  const told = [...had, await readAll(join(directory, "alertmanager"))].join("\n").toLowerCase();
  expect(told).not.toMatch(/serial-|model-|730000000\d\d\d/);
  // Pids are the same in each use case of these tests.
  await collect(EVERYBODY);
  const rows = await stores.warehouse.query<{ readonly pid: string; readonly hash: string }>(
    `SELECT DISTINCT toString(pid) AS pid, lower(hex(sipHash64(serial))) AS hash FROM dit.${useCase.useCase}__sent`,
  );
  expect(rows).toHaveLength(2 * PEOPLE);
  const identifiers = rows.flatMap(({ pid, hash }) => [pid, pid.replaceAll("-", ""), hash]);
  expect(identifiers.filter((identifier) => told.includes(identifier))).toEqual([]);
});

/** What Alertmanager keeps and logs. */
async function readAll(path: string): Promise<string> {
  const files = await readdir(path, { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return (await Promise.all(paths.map((each) => readFile(each, "latin1")))).join("\n");
}
