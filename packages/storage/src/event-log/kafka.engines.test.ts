import { randomUUID } from "node:crypto";
import { createLocalKafka, type LocalEngine } from "@dit/local";
import { afterAll, beforeAll } from "vitest";
import { openSubject, type Subject } from "../contract/contract.ts";
import { makeTemporaryDirectory, type TemporaryDirectory } from "../contract/temporary-directory.ts";
import { describeEventLogContract } from "./contract.ts";
import { TOPIC } from "./contract-records.ts";
import type { EventLog } from "./event-log.ts";
import { migrateKafkaTopics } from "./kafka.ts";

const PARTITIONS = 3;
const HOUR_MS = 3_600_000;
let directory: TemporaryDirectory;
let kafka: LocalEngine;
let broker: string;

beforeAll(async () => {
  directory = await makeTemporaryDirectory();
  kafka = await createLocalKafka({ directory: directory.path });
  broker = kafka.url.slice("kafka://".length);
  await kafka.start();
});
afterAll(async () => {
  await kafka.stop();
  await directory.remove();
});

async function openKafkaSubject(): Promise<Subject<EventLog>> {
  const prefix = `${randomUUID()}.`;
  const topics = [TOPIC, "second"].map((name) => ({
    name,
    partitions: PARTITIONS,
    replication: 1,
    retentionMs: HOUR_MS,
  }));
  await migrateKafkaTopics({ brokers: [broker], prefix }, topics);
  const module = new URL("./kafka.ts", import.meta.url).href;
  return openSubject(
    { module, name: "openKafkaEventLog", options: { brokers: [broker], prefix } },
    async () => {},
  );
}

describeEventLogContract("kafka", openKafkaSubject);
