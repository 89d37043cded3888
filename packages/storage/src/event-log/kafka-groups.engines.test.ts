import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Admin, ConfigResourceTypes, IncrementalAlterConfigOperationTypes } from "@platformatic/kafka";
import { beforeEach, describe, expect, it } from "vitest";
import { PARTITIONS, runKafka, until } from "../../test/running-kafka.ts";
import { startChild } from "../contract/child.ts";
import { encodeRecord, TOPIC } from "./contract-records.ts";
import type { PartitionReader } from "./event-log.ts";

const CHILD = fileURLToPath(new URL("../../test/kafka-child.ts", import.meta.url));
const DRIVER = new URL("./kafka.ts", import.meta.url).href;
const SESSION_MS = 3_000;
const kafka = runKafka(async () => ({
  settings: { "group.consumer.session.timeout.ms": String(SESSION_MS) },
}));

/** A consumer, and the partitions it has now. */
interface Consuming {
  readonly held: ReadonlyMap<number, PartitionReader>;
  /** One entry for each time a partition began. */
  readonly begun: readonly number[];
  stop(): Promise<void>;
}

let prefix: string;
beforeEach(async () => {
  prefix = await kafka.createTopics();
  const records = Array.from({ length: 60 }, (_, number) => encodeRecord({ writer: `w${number}`, number }));
  await (await kafka.open({ prefix })).append(TOPIC, records);
});

/** `onTaken`: what is left to do when a partition is taken away. */
async function consume(
  onTaken: (reader: PartitionReader) => Promise<void> = async () => {},
): Promise<Consuming> {
  const log = await kafka.open({ prefix });
  const held = new Map<number, PartitionReader>();
  const begun: number[] = [];
  const end = new AbortController();
  const consumed = log.consume({
    topic: TOPIC,
    group: "g",
    signal: end.signal,
    async onPartition(reader, signal) {
      held.set(reader.partition, reader);
      begun.push(reader.partition);
      if (!signal.aborted) await once(signal, "abort");
      await onTaken(reader);
      held.delete(reader.partition);
    },
  });
  return {
    held,
    begun,
    async stop() {
      end.abort();
      await consumed;
    },
  };
}

/** So long that nobody waits for its end. */
async function lengthenSession(): Promise<void> {
  const admin = new Admin({ clientId: "test", bootstrapBrokers: [...kafka.brokers] });
  const session = {
    name: "consumer.session.timeout.ms",
    configOperation: IncrementalAlterConfigOperationTypes.SET,
    value: "60000",
  };
  const resource = {
    resourceType: ConfigResourceTypes.GROUP,
    resourceName: `${prefix}g`,
    configs: [session],
  };
  await admin.incrementalAlterConfigs({ resources: [resource] });
  await admin.close();
}

describe("consumers of one group", () => {
  it("share the partitions, and take over those of one that leaves", async () => {
    await lengthenSession();
    const first = await consume();
    await until(() => first.held.size === PARTITIONS);
    const second = await consume();
    await until(() => second.held.size > 0 && first.held.size + second.held.size === PARTITIONS);
    expect([...first.held.keys()].filter((partition) => second.held.has(partition))).toEqual([]);
    await first.stop();
    await until(() => second.held.size === PARTITIONS);
    await second.stop();
  });

  it("go on with what stays theirs while another joins and leaves", async () => {
    const first = await consume();
    await until(() => first.held.size === PARTITIONS);
    const second = await consume();
    await until(() => second.held.size > 0);
    await second.stop();
    await until(() => first.held.size === PARTITIONS);
    expect(first.begun.toSorted()).toEqual([0, 1, 2, ...second.begun].toSorted());
    await first.stop();
  });

  it("finish and commit what they have begun, however long it takes, before the partition is another's", async () => {
    let committed = 0;
    const first = await consume(async (reader) => {
      await sleep(SESSION_MS + 1_000);
      expect(second?.held.has(reader.partition) ?? false).toBe(false);
      await reader.commit({ offset: 7, metadata: "finished" });
      committed += 1;
    });
    await until(() => first.held.size === PARTITIONS);
    const second: Consuming = await consume();
    await until(() => second.held.size > 0);
    expect(committed).toBe(second.held.size);
    for (const reader of second.held.values()) {
      expect(await reader.committed()).toEqual({ offset: 7, metadata: "finished" });
    }
    await Promise.all([second.stop(), first.stop()]);
  });

  it("lose nothing to one that was still for longer than its session: its commits are refused", async () => {
    const opener = { module: DRIVER, name: "openKafkaEventLog", options: { brokers: kafka.brokers, prefix } };
    const zombie = startChild(CHILD, opener, "commit-until-refused");
    await zombie.said(PARTITIONS);
    zombie.freeze();
    const heir = await consume();
    await until(() => heir.held.size === PARTITIONS);
    for (const reader of heir.held.values()) await reader.commit({ offset: 2, metadata: "of the heir" });
    zombie.goOn();
    await zombie.said(2 * PARTITIONS);
    expect(zombie.lines.slice(PARTITIONS).toSorted()).toEqual(["refused 0", "refused 1", "refused 2"]);
    for (const reader of heir.held.values()) {
      expect(await reader.committed()).toEqual({ offset: 2, metadata: "of the heir" });
    }
    await heir.stop();
    await zombie.said(3 * PARTITIONS);
    expect(zombie.lines.slice(2 * PARTITIONS).toSorted()).toEqual(["has 0", "has 1", "has 2"]);
    await zombie.kill();
  });
});
