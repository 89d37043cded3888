import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { REPORTS_TOPIC } from "@dit/protocol";
import { openEventLog } from "@dit/storage/engines";
import { afterAll, beforeAll, expect, it } from "vitest";
import { queryWarehouse } from "../../src/commands/query.ts";
import { until } from "../support/until.ts";
import { type FaultyDeployment, type Outcome, startFaultyDeployment } from "./faulty-deployment.ts";

const KILLS = 50;
const BROKER_DOWN_MS = 30_000;
const STORE_DOWN_MS = 5_000;
const WAREHOUSE_DOWN_MS = 60_000;
/** Longer than the 45 s that the brokers wait for a member of a group by default. */
const PAUSED_MS = 60_000;
const JOINING_MS = 120_000;
const JOINS_EVERY_MS = 10_000;
const POISON_MESSAGES = 30;
const SETTLES_WITHIN_MS = 60_000;

let deployment: FaultyDeployment;

beforeAll(async () => {
  deployment = await startFaultyDeployment();
  process.stdout.write(
    "| fault | acknowledged | lost | incomplete | stored twice |\n|---|---|---|---|---|\n",
  );
});
afterAll(() => deployment.remove());

function expectNothingLost(outcome: Outcome): void {
  expect(outcome).toMatchObject({ lost: 0, incomplete: 0, storedTwice: 0 });
  expect(outcome.acknowledged).toBeGreaterThan(0);
}

it(`loses nothing over ${KILLS} kills of services, any of them at any time`, async () => {
  const { fleet } = deployment;
  const outcome = await deployment.suffer(`${KILLS} kills of services`, async ({ acknowledgesMore }) => {
    for (let kill = 0; kill < KILLS; kill++) {
      const service = fleet.services[kill % fleet.services.length];
      await sleep(randomInt(1_000));
      await service?.kill();
      await service?.start();
      if (kill % 10 === 9) await acknowledgesMore();
    }
    await fleet.start(["acs", "sink", "ingest", "edge"]);
    await Promise.all(fleet.services.map((service) => service.untilReady()));
  });
  expectNothingLost(outcome);
});

it("loses nothing when the broker stops for 30 s, acknowledges nothing meanwhile, and goes on by itself", async () => {
  const { kafka } = deployment.engines;
  const outcome = await deployment.suffer("Kafka stopped for 30 s", async ({ stats }) => {
    await kafka.stop();
    await sleep(BROKER_DOWN_MS / 2);
    const { reportsAccepted } = stats();
    await sleep(BROKER_DOWN_MS / 2);
    expect(stats().reportsAccepted).toBe(reportsAccepted);
    await kafka.start();
  });
  expectNothingLost(outcome);
});

it("loses nothing when the broker is killed", async () => {
  const { kafka } = deployment.engines;
  const outcome = await deployment.suffer("Kafka killed", async () => {
    await kafka.kill();
    await kafka.start();
  });
  expectNothingLost(outcome);
});

it.each(["redis", "postgres"] as const)("loses nothing when %s is killed and comes back", async (name) => {
  const engine = deployment.engines[name];
  const outcome = await deployment.suffer(`${name} killed`, async () => {
    await engine?.kill();
    await sleep(STORE_DOWN_MS);
    await engine?.start();
  });
  expectNothingLost(outcome);
});

it("loses nothing while the warehouse is down for 60 s, and goes on accepting", async () => {
  const { clickhouse } = deployment.engines;
  const outcome = await deployment.suffer(
    "ClickHouse killed, down for 60 s",
    async ({ acknowledgesMore }) => {
      await clickhouse.kill();
      await sleep(WAREHOUSE_DOWN_MS);
      await acknowledgesMore();
      await clickhouse.start();
    },
  );
  expectNothingLost(outcome);
});

it("stores nothing twice when a sink is stopped past its session and then goes on", async () => {
  const sink = deployment.fleet.service("sink-1");
  const outcome = await deployment.suffer("a sink stopped past its session", async () => {
    sink.pause();
    await sleep(PAUSED_MS);
    sink.resume();
  });
  expectNothingLost(outcome);
});

it("loses nothing while a third sink joins and leaves every 10 s for 2 minutes", async () => {
  const third = await deployment.fleet.add("sink");
  const outcome = await deployment.suffer("a third sink joins and leaves", async () => {
    const end = performance.now() + JOINING_MS;
    for (let turn = 0; performance.now() < end; turn++) {
      await third.start();
      await sleep(JOINS_EVERY_MS);
      // By turns as an operator ends it, and as a crash does.
      if (turn % 2 === 0) await third.stop();
      else await third.kill();
      await sleep(JOINS_EVERY_MS);
    }
  });
  expectNothingLost(outcome);
});

it("sets poison messages aside, each with its reason, and stops for none", async () => {
  const [warehouseUrl = ""] = deployment.instances.warehouseUrl;
  const malformed = async () =>
    Number(
      await queryWarehouse(
        warehouseUrl,
        "SELECT count() FROM dit.dead_letters WHERE reason = 'malformed'",
        "TSV",
      ),
    );
  const before = await malformed();
  const log = await openEventLog(
    { url: deployment.engines.kafka.url },
    { used: [REPORTS_TOPIC], unread: [] },
  );
  const outcome = await deployment.suffer("a poison message a second", async () => {
    for (let message = 0; message < POISON_MESSAGES; message++) {
      const value = Buffer.from(POISONS[message % POISONS.length] ?? "");
      await log.append(REPORTS_TOPIC, [{ key: Buffer.from([message]), value }]);
      await sleep(1_000);
    }
  });
  await log.close();
  expectNothingLost(outcome);
  await until(
    async () => (await malformed()) === before + POISON_MESSAGES,
    SETTLES_WITHIN_MS,
    "not every poison message is a dead letter",
  );
});

const POISONS = ["", "{", "null", '{"useCase":7}', '{"__proto__":[]}', "\u0000\uffff"];
