import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { createLocalKafka, type LocalEngine, type LocalKafkaOptions } from "@dit/local";
import { afterAll, afterEach, beforeAll } from "vitest";
import { makeTemporaryDirectory, type TemporaryDirectory } from "../src/contract/temporary-directory.ts";
import { TOPIC } from "../src/event-log/contract-records.ts";
import type { EventLog } from "../src/event-log/event-log.ts";
import { type KafkaEventLogOptions, migrateKafkaTopics, openKafkaEventLog } from "../src/event-log/kafka.ts";

export const PARTITIONS = 3;
const HOUR_MS = 3_600_000;
const TRUE_WITHIN_MS = 90_000;

export interface RunningKafka {
  readonly engine: LocalEngine;
  readonly brokers: readonly string[];
  /** Topics nobody else uses: their prefix. */
  createTopics(): Promise<string>;
  /** Closed after the test. */
  open(options: Partial<KafkaEventLogOptions>): Promise<EventLog>;
}

/** One broker for all tests of a file. `choose`: what else it is started with. */
export function runKafka(
  choose: () => Promise<Omit<LocalKafkaOptions, "directory">> = async () => ({}),
): RunningKafka {
  let directory: TemporaryDirectory;
  let engine: LocalEngine;
  const opened: EventLog[] = [];
  beforeAll(async () => {
    directory = await makeTemporaryDirectory();
    engine = await createLocalKafka({ directory: directory.path, ...(await choose()) });
    await engine.start();
  });
  afterEach(() => Promise.all(opened.splice(0).map((log) => log.close())));
  afterAll(async () => {
    await engine.stop();
    await directory.remove();
  });
  const kafka = {
    get engine() {
      return engine;
    },
    get brokers() {
      return [engine.url.slice("kafka://".length)];
    },
    async createTopics() {
      const prefix = `${randomUUID()}.`;
      const plan = { partitions: PARTITIONS, replication: 1, retentionMs: HOUR_MS };
      const topics = [TOPIC, "second"].map((name) => ({ ...plan, name }));
      await migrateKafkaTopics({ brokers: kafka.brokers, prefix }, topics);
      return prefix;
    },
    async open(options: Partial<KafkaEventLogOptions>) {
      const log = await openKafkaEventLog({ brokers: kafka.brokers, ...options });
      opened.push(log);
      return log;
    },
  };
  return kafka;
}

/** Waits for it, and throws if it takes too long. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + TRUE_WITHIN_MS;
  while (!(await isTrue())) {
    if (performance.now() > deadlineMs) throw new Error(`it did not come true: ${isTrue}`);
    await sleep(20);
  }
}
