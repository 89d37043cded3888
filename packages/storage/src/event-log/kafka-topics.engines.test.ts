import { once } from "node:events";
import { Admin, ConfigResourceTypes } from "@platformatic/kafka";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { PARTITIONS, runKafka, until } from "../../test/running-kafka.ts";
import { encodeRecord, TOPIC } from "./contract-records.ts";
import type { PartitionReader } from "./event-log.ts";
import { migrateKafkaTopics } from "./kafka.ts";

const HOUR_MS = 3_600_000;
const kafka = runKafka();
let admin: Admin;
let prefix: string;
beforeAll(() => {
  admin = new Admin({ clientId: "test", bootstrapBrokers: [...kafka.brokers] });
});
beforeEach(async () => {
  prefix = await kafka.createTopics();
});
afterAll(() => admin.close());

const record = encodeRecord({ writer: "w", number: 0 });
const plan = { name: TOPIC, partitions: 3, replication: 1, retentionMs: HOUR_MS };

async function settingsOf(topic: string): Promise<Record<string, unknown>> {
  const [answer] = await admin.describeConfigs({
    resources: [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: `${prefix}${topic}` }],
  });
  return Object.fromEntries((answer?.configs ?? []).map(({ name, value }) => [name, value]));
}

describe("creating topics", () => {
  it("may be repeated, by several at once, and keeps what is in them", async () => {
    const options = { brokers: kafka.brokers, prefix };
    const log = await kafka.open({ prefix });
    await log.append(TOPIC, [record]);
    const before = await log.progress(TOPIC, "g");
    const topics = [plan, { ...plan, name: "third", partitions: 2 }];
    await Promise.all(Array.from({ length: 4 }, () => migrateKafkaTopics(options, topics)));
    expect(await log.progress(TOPIC, "g")).toEqual(before);
    expect(await log.progress("third", "g")).toHaveLength(2);
  });

  it("gives those that are there their retention, and no more partitions", async () => {
    expect(await settingsOf(TOPIC)).toMatchObject({
      "retention.ms": String(HOUR_MS),
      "cleanup.policy": "delete",
      "message.timestamp.type": "LogAppendTime",
    });
    const changed = { ...plan, partitions: 9, retentionMs: 2 * HOUR_MS };
    await migrateKafkaTopics({ brokers: kafka.brokers, prefix }, [changed]);
    expect(await settingsOf(TOPIC)).toMatchObject({ "retention.ms": String(2 * HOUR_MS) });
    expect(await (await kafka.open({ prefix })).progress(TOPIC, "g")).toHaveLength(3);
  });
});

describe("a topic with more copies than there are brokers", () => {
  it("is not created, and that is said once brokers have had time to start", async () => {
    const migrated = migrateKafkaTopics({ brokers: kafka.brokers, prefix }, [
      { ...plan, name: "many", replication: 2 },
    ]);
    await expect(migrated).rejects.toThrow("fewer than 2 brokers are alive");
  });
});

describe("a topic that is not there", () => {
  it("is not created by using it: every use says what to do", async () => {
    const log = await kafka.open({ prefix });
    const message = `topic ${prefix}missing does not exist: run dit migrate`;
    await expect(log.append("missing", [record])).rejects.toThrow(message);
    await expect(log.progress("missing", "g")).rejects.toThrow(message);
    const consuming = {
      topic: "missing",
      group: "g",
      signal: new AbortController().signal,
      onPartition: async () => {},
    };
    await expect(log.consume(consuming)).rejects.toThrow(message);
    await expect((await kafka.open({ prefix, topics: ["missing"] })).check()).rejects.toThrow(message);
  });
});

describe("a topic that was deleted and created again", () => {
  it("is another one: nothing committed for the first counts, and its readers do nothing to the second", async () => {
    const log = await kafka.open({ prefix });
    await log.append(TOPIC, [record, record, record]);
    const readers: PartitionReader[] = [];
    const refusals: string[] = [];
    const end = new AbortController();
    const consumed = log.consume({
      topic: TOPIC,
      group: "g",
      signal: end.signal,
      async onPartition(reader, signal) {
        const { endOffset = 0 } = (await log.progress(TOPIC, "g"))[reader.partition] ?? {};
        await reader.commit({ offset: endOffset, metadata: "" });
        readers.push(reader);
        await once(signal, "abort");
        await until(isCreatedAgain);
        expect(await reader.read(0, 1, 0)).toEqual([]);
        await reader.commit({ offset: 0, metadata: "" }).catch(({ code }) => refusals.push(code));
      },
    });
    await until(() => readers.length === PARTITIONS);
    const [first] = readers;
    const isCreatedAgain = async () => {
      const progress = await log.progress(TOPIC, "g").catch(() => []);
      return progress.length > 0 && progress[0]?.topicId !== first?.topicId;
    };
    await admin.deleteTopics({ topics: [`${prefix}${TOPIC}`] });
    await migrateKafkaTopics({ brokers: kafka.brokers, prefix }, [plan]);
    await until(isCreatedAgain);
    for (const { committedOffset } of await log.progress(TOPIC, "g")) expect(committedOffset).toBe(0);
    await until(() => readers.length === 2 * PARTITIONS);
    expect(refusals).toEqual(Array.from({ length: PARTITIONS }, () => "UNKNOWN_TOPIC_ID"));
    const second = new Set(readers.slice(PARTITIONS).map(({ topicId }) => topicId));
    expect(second).toEqual(new Set((await log.progress(TOPIC, "g")).map(({ topicId }) => topicId)));
    expect(second.has(first?.topicId ?? "")).toBe(false);
    end.abort();
    await consumed;
  });
});

describe("a record that is larger than the topic takes", () => {
  it("is refused, saying so, and the others are not", async () => {
    const log = await kafka.open({ prefix });
    const large = { ...record, value: Buffer.alloc(2_000_000) };
    const appends = [[record], [large], [record]].map((records) => log.append(TOPIC, records));
    const outcomes = await Promise.allSettled(appends);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    await expect(appends[1]).rejects.toMatchObject({ code: "MESSAGE_TOO_LARGE" });
  });
});
