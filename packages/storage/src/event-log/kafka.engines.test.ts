import { runKafka } from "../../test/running-kafka.ts";
import { openSubject, type Subject } from "../contract/contract.ts";
import { describeEventLogContract } from "./contract.ts";
import type { EventLog } from "./event-log.ts";

const kafka = runKafka();

async function openKafkaSubject(): Promise<Subject<EventLog>> {
  const options = { brokers: kafka.brokers, prefix: await kafka.createTopics() };
  const module = new URL("./kafka.ts", import.meta.url).href;
  return openSubject({ module, name: "openKafkaEventLog", options }, async () => undefined);
}

describeEventLogContract("kafka", openKafkaSubject);
