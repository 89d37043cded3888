import { join } from "node:path";
import { createLocalKafka, freePort, type LocalEngine } from "@dit/local";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AcknowledgedWrites } from "../../test/acknowledged-writes.ts";
import { until } from "../../test/running-kafka.ts";
import { makeTemporaryDirectory, type TemporaryDirectory } from "../contract/temporary-directory.ts";
import { encodeRecord, TOPIC } from "./contract-records.ts";
import type { EventLog } from "./event-log.ts";
import { migrateKafkaTopics, openKafkaEventLog } from "./kafka.ts";

const BROKERS = 3;
let directory: TemporaryDirectory;
let nodes: LocalEngine[];
let log: EventLog;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  const controllerPort = await freePort();
  const settings = { "offsets.topic.replication.factor": String(BROKERS) };
  nodes = await Promise.all(
    Array.from({ length: BROKERS }, (_, index) => {
      const node = { id: index + 1, controllerPort };
      return createLocalKafka({ directory: join(directory.path, `${node.id}`), node, settings });
    }),
  );
  await Promise.all(nodes.map((node) => node.start()));
  const brokers = nodes.map(({ url }) => url.slice("kafka://".length));
  const plan = { name: TOPIC, partitions: 6, replication: BROKERS, retentionMs: 3_600_000 };
  await migrateKafkaTopics({ brokers }, [plan]);
  log = await openKafkaEventLog({ brokers, appendTimeoutMs: 60_000 });
});
afterAll(async () => {
  await log.close();
  await Promise.all(nodes.map((node) => node.kill()));
  await directory.remove();
});

describe("a cluster of three brokers", () => {
  it("loses one without losing, doubling or disordering anything, or refusing an append; and takes it back", async () => {
    await until(() =>
      log.check().then(
        () => true,
        () => false,
      ),
    );
    const writes = new AcknowledgedWrites(log);
    for (const node of nodes.slice(1)) {
      await writes.more(20);
      await node.kill();
      await writes.more(20);
      await node.start();
      await until(() =>
        log.check().then(
          () => true,
          () => false,
        ),
      );
    }
    await writes.stop();
    expect(writes.rejections).toEqual([]);
    expect(await writes.account(log)).toEqual({ lost: 0, twice: 0, disordered: 0 });
  });

  it("refuses appends, and says so when checked, once two are away: one copy is not safe", async () => {
    await Promise.all(nodes.slice(1).map((node) => node.kill()));
    await until(() =>
      log.check().then(
        () => false,
        ({ code }) => code === "NOT_ENOUGH_REPLICAS",
      ),
    );
    const brief = await openKafkaEventLog({
      brokers: nodes.map(({ url }) => url.slice("kafka://".length)),
      appendTimeoutMs: 8_000,
    });
    await expect(brief.append(TOPIC, [encodeRecord({ writer: "w", number: 0 })])).rejects.toMatchObject({
      code: "NOT_ENOUGH_REPLICAS",
    });
    await brief.close();
  });
});
