import { randomUUID } from "node:crypto";
import { afterAll, expect, it } from "vitest";
import { type CuttingProxy, startCuttingProxy } from "../../test/cutting-proxy.ts";
import { runKafka } from "../../test/running-kafka.ts";
import { readAll } from "./contract-reading.ts";
import { encodeRecord, TOPIC } from "./contract-records.ts";

const APPENDS = 120;
const WRITERS = 10;
let proxy: CuttingProxy;
const kafka = runKafka(async () => {
  proxy = await startCuttingProxy(() => Number(kafka.brokers[0]?.split(":")[1]));
  return { settings: { "advertised.listeners": `PLAINTEXT://127.0.0.1:${proxy.port}` } };
});
afterAll(() => proxy.close());

it("an append whose acknowledgement got lost is repeated, and stored once and in order", async () => {
  const prefix = await kafka.createTopics();
  const log = await kafka.open({ prefix });
  await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      const writer = randomUUID();
      for (let number = 0; number < APPENDS; number += 1) {
        if (number % 30 === 0) proxy.cutNextAnswer();
        await log.append(TOPIC, [encodeRecord({ writer, number })]);
      }
    }),
  );
  expect(proxy.cuts).toBe((WRITERS * APPENDS) / 30);
  const records = Map.groupBy((await readAll(log, "g")).flat(), ({ writer }) => writer);
  expect(records.size).toBe(WRITERS);
  for (const those of records.values()) {
    expect(those.map(({ number }) => number)).toEqual(Array.from({ length: APPENDS }, (_, number) => number));
  }
});
