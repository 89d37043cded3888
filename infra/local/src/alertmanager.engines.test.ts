import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLocalAlertmanager } from "./alertmanager.ts";
import type { LocalEngine } from "./local-engine.ts";

const CONFIG = "{ route: { receiver: nobody }, receivers: [{ name: nobody }] }";
const HOUR_MS = 3_600_000;

let directory: string;
let alertmanager: LocalEngine;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dit-alertmanager-"));
  alertmanager = await createLocalAlertmanager({ directory, config: CONFIG });
});
afterEach(async () => {
  await alertmanager.stop();
  await rm(directory, { recursive: true });
});

async function post(path: string, body: object): Promise<number> {
  const headers = { "content-type": "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify(body) };
  return (await fetch(`${alertmanager.url}/api/v2/${path}`, init)).status;
}

async function list(path: string): Promise<readonly unknown[]> {
  return JSON.parse(await (await fetch(`${alertmanager.url}/api/v2/${path}`)).text());
}

function silence() {
  const matchers = [{ name: "alertname", value: "Planted", isRegex: false }];
  const [startsAt, endsAt] = [Date.now(), Date.now() + HOUR_MS].map((ms) => new Date(ms).toISOString());
  return { matchers, startsAt, endsAt, createdBy: "test", comment: "test" };
}

test("it keeps its port over a stop and a kill, over a stop its silences, and no alert over either", async () => {
  await alertmanager.start();
  expect(await post("silences", silence())).toBe(200);
  for (const end of [() => alertmanager.stop(), () => alertmanager.kill()]) {
    expect(await list("alerts")).toEqual([]);
    expect(await post("alerts", [{ labels: { alertname: "Planted" } }])).toBe(200);
    expect(await list("alerts")).toHaveLength(1);
    await end();
    expect(() => alertmanager.pid).toThrow(/does not run/);
    await expect(list("alerts")).rejects.toThrow();
    await alertmanager.start();
    expect(await list("silences")).toHaveLength(1);
  }
});

test("it says what is wrong with a configuration that it does not start with", async () => {
  const config = CONFIG.replace("receiver: nobody", "receiver: somebody");
  const faulty = await createLocalAlertmanager({ directory: join(directory, "faulty"), config });
  await expect(faulty.start()).rejects.toThrow(/undefined receiver/);
});
