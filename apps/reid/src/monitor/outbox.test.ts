import { createLogger } from "@dit/service-kit";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { openTestStores, type TestStores } from "../../test/harness.ts";
import { makeAlert } from "../../test/make-alert.ts";
import type { AlertSink } from "../alert/alert-sink.ts";
import type { Alert } from "./alert.ts";
import { deliverOutbox, outboxChanges } from "./outbox.ts";

let stores: TestStores;
beforeAll(async () => {
  stores = await openTestStores();
});
afterAll(() => stores.close());

interface Listener extends AlertSink {
  readonly heard: string[];
  isDown: boolean;
}

function listener(name: string, during: () => Promise<unknown> = async () => {}): Listener {
  const listening: Listener = {
    name,
    heard: [],
    isDown: false,
    async tell({ id }: Alert) {
      await during();
      if (listening.isDown) throw Object.assign(new Error("SERIAL-1 refused"), { code: "http_503" });
      listening.heard.push(id);
    },
  };
  return listening;
}

let log: string[];
const deliver = (sinks: readonly AlertSink[]) => {
  const logger = createLogger({ service: "reid", write: (line) => log.push(line) });
  return deliverOutbox({ documents: stores.documents, logger }, sinks);
};
const commit = (alerts: readonly Alert[], sinks: readonly AlertSink[]) =>
  stores.documents.commit({ changes: outboxChanges(alerts, sinks) });

beforeEach(async () => {
  log = [];
  const left = await stores.documents.list("reid-outbox");
  const changes = left.map(({ key, version }) => ({
    collection: "reid-outbox",
    key,
    expectedVersion: version,
    value: undefined,
  }));
  await stores.documents.commit({ changes });
});

const ALERTS = [3, 1, 2].map((each) => makeAlert({ id: `alert-${each}`, atSeconds: 1_790_000_000 + each }));

it("tells everyone every alert once, oldest first", async () => {
  const sinks = [listener("table"), listener("webhook")];
  await commit(ALERTS, sinks);
  expect(await deliver(sinks)).toBe(0);
  expect(await deliver(sinks)).toBe(0);
  for (const { heard } of sinks) expect(heard).toEqual(["alert-1", "alert-2", "alert-3"]);
});

it("tells of one alert in order, also where all of it is of one second", async () => {
  const told: string[] = [];
  const sink = { name: "table", tell: async ({ transition }: Alert) => void told.push(transition) };
  const transitions = ["closed", "opened", "escalated"] as const;
  await commit(
    transitions.map((transition) => makeAlert({ transition })),
    [sink],
  );
  await deliver([sink]);
  expect(told).toEqual(["opened", "escalated", "closed"]);
});

it("loses none where the monitor dies between the commit and telling", async () => {
  await commit(ALERTS, [listener("table")]);
  const restarted = listener("table");
  expect(await deliver([restarted])).toBe(0);
  expect(restarted.heard).toHaveLength(3);
});

it("tells again where the monitor dies between telling and noting it", async () => {
  const sink = listener("table");
  await commit(ALERTS.slice(0, 1), [sink]);
  const dying = {
    ...stores.documents,
    list: stores.documents.list,
    commit: async () => Promise.reject(new Error("dead")),
  };
  const logger = createLogger({ service: "reid", write: () => {} });
  await expect(deliverOutbox({ documents: dying, logger }, [sink])).rejects.toThrow("dead");
  expect(await deliver([sink])).toBe(0);
  expect(sink.heard).toEqual(["alert-3", "alert-3"]);
});

it("tells a sink that was down when it is back, asks it once a turn, and keeps nobody else waiting", async () => {
  const [up, down] = [listener("table"), listener("webhook")];
  let asked = 0;
  const counted: AlertSink = {
    name: down.name,
    async tell(alert) {
      asked += 1;
      await down.tell(alert);
    },
  };
  down.isDown = true;
  await commit(ALERTS, [up, counted]);
  expect(await deliver([counted, up])).toBe(3);
  expect(up.heard).toEqual(["alert-1", "alert-2", "alert-3"]);
  expect(asked).toBe(1);
  expect(log.join()).toContain("http_503");
  expect(log.join()).not.toContain("SERIAL");
  down.isDown = false;
  expect(await deliver([counted, up])).toBe(0);
  expect(down.heard).toEqual(["alert-1", "alert-2", "alert-3"]);
  expect(up.heard).toHaveLength(3);
});

it("does not keep an alert for a sink that is configured no more", async () => {
  await commit(ALERTS, [listener("table"), listener("webhook")]);
  expect(await deliver([listener("table")])).toBe(0);
  expect(await stores.documents.list("reid-outbox")).toEqual([]);
});

it("is emptied by two monitors at once: each alert is told, and neither fails", async () => {
  let release = () => {};
  const both = new Promise<void>((resolve) => {
    let arrived = 0;
    release = () => {
      arrived += 1;
      if (arrived === 2) resolve();
    };
  });
  const meet = async () => {
    release();
    await both;
  };
  const sinks = [listener("table", meet), listener("table", meet)];
  await commit(ALERTS, [listener("table")]);
  expect(await Promise.all(sinks.map((sink) => deliver([sink])))).toEqual([0, 0]);
  expect(new Set(sinks.flatMap(({ heard }) => heard))).toEqual(new Set(["alert-1", "alert-2", "alert-3"]));
  expect(await stores.documents.list("reid-outbox")).toEqual([]);
});
