import { randomInt, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { runKafka, until } from "../../test/running-kafka.ts";
import { readAll } from "./contract-reading.ts";
import { decodeRecord, encodeRecord, TOPIC } from "./contract-records.ts";
import type { EventLog } from "./event-log.ts";

const APPEND_TIMEOUT_MS = 3_000;
/** Two answers that do not come. */
const CHECK_TIMEOUT_MS = 12_000;
const WRITERS = 8;
/** The second where another request, on the same connection, has waited for longer. */
const NO_ANSWER = expect.stringMatching(/^(ETIMEDOUT|ECONNRESET)$/);
const kafka = runKafka();

let prefix: string;
beforeEach(async () => {
  prefix = await kafka.createTopics();
});

/** Appends one record after another, each again until it is acknowledged. */
function write(log: EventLog) {
  const end = new AbortController();
  const acknowledged = new Map<string, number>();
  const rejections: unknown[] = [];
  const writers = Array.from({ length: WRITERS }, async () => {
    const writer = randomUUID();
    for (let number = 0; !end.signal.aborted; ) {
      try {
        await log.append(TOPIC, [encodeRecord({ writer, number })]);
        number += 1;
        acknowledged.set(writer, number);
      } catch (error) {
        rejections.push(error);
      }
    }
  });
  return {
    acknowledged,
    rejections,
    /** So many more of every writer's. */
    async written(count: number) {
      const wanted = new Map([...acknowledged].map(([writer, number]) => [writer, number + count]));
      await until(
        () =>
          acknowledged.size === WRITERS &&
          [...wanted].every(([writer, number]) => (acknowledged.get(writer) ?? 0) >= number),
      );
    },
    async stop() {
      end.abort();
      await Promise.all(writers);
    },
  };
}

/** By writer, in the order in which they are in the log. */
async function readNumbers(log: EventLog): Promise<Map<string, number[]>> {
  const records = Map.groupBy((await readAll(log, randomUUID())).flat(), ({ writer }) => writer);
  return new Map([...records].map(([writer, those]) => [writer, those.map(({ number }) => number)]));
}

describe("while the broker is away", () => {
  it("appends and checks are refused in bounded time, saying why, and succeed by themselves when it is back", async () => {
    const log = await kafka.open({ prefix, appendTimeoutMs: APPEND_TIMEOUT_MS });
    const record = encodeRecord({ writer: "w", number: 0 });
    await log.append(TOPIC, [record]);
    await log.check();
    await kafka.engine.stop();
    const beganMs = performance.now();
    await expect(log.append(TOPIC, [record])).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await expect(log.check()).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await expect(log.progress(TOPIC, "g")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(performance.now() - beganMs).toBeLessThan(APPEND_TIMEOUT_MS + 7_000);
    await kafka.engine.start();
    await log.check();
    await log.append(TOPIC, [record]);
  });

  it("appends and checks are refused in bounded time also if it only does not answer", async () => {
    const log = await kafka.open({ prefix, appendTimeoutMs: APPEND_TIMEOUT_MS });
    const record = encodeRecord({ writer: "w", number: 0 });
    await log.append(TOPIC, [record]);
    process.kill(kafka.engine.pid, "SIGSTOP");
    try {
      const beganMs = performance.now();
      await expect(log.append(TOPIC, [record])).rejects.toMatchObject({ code: NO_ANSWER });
      expect(performance.now() - beganMs).toBeLessThan(APPEND_TIMEOUT_MS + 500);
      await expect(log.check()).rejects.toMatchObject({ code: NO_ANSWER });
      expect(performance.now() - beganMs).toBeLessThan(APPEND_TIMEOUT_MS + CHECK_TIMEOUT_MS);
    } finally {
      process.kill(kafka.engine.pid, "SIGCONT");
    }
    await until(() =>
      log.check().then(
        () => true,
        () => false,
      ),
    );
    await log.append(TOPIC, [record]);
  });

  it("nothing acknowledged is lost, stored twice or out of order, though it is killed in mid-append", async () => {
    const log = await kafka.open({ prefix, appendTimeoutMs: 60_000 });
    const writing = write(log);
    for (let kill = 0; kill < 3; kill += 1) {
      await writing.written(20);
      await sleep(randomInt(0, 50));
      await kafka.engine.kill();
      await kafka.engine.start();
    }
    await writing.written(20);
    await writing.stop();
    expect(writing.rejections).toEqual([]);
    const numbers = await readNumbers(log);
    expect(numbers.size).toBe(WRITERS);
    for (const [writer, count] of writing.acknowledged) {
      expect(numbers.get(writer)).toEqual(Array.from({ length: count }, (_, number) => number));
    }
  });

  it("nothing acknowledged is lost though appends are given up and repeated", async () => {
    const log = await kafka.open({ prefix, appendTimeoutMs: 500 });
    const writing = write(log);
    await writing.written(20);
    await kafka.engine.stop();
    await until(() => writing.rejections.length >= 2 * WRITERS);
    await kafka.engine.start();
    await writing.written(20);
    await writing.stop();
    const numbers = await readNumbers(log);
    for (const [writer, count] of writing.acknowledged) {
      const stored = new Set(numbers.get(writer));
      expect(
        Array.from({ length: count }, (_, number) => number).filter((number) => !stored.has(number)),
      ).toEqual([]);
    }
  });

  it("a consumer waits, and goes on where it was", async () => {
    const log = await kafka.open({ prefix });
    const writing = write(log);
    const end = new AbortController();
    const seen = new Map<number, number>();
    let failures = 0;
    let begun = 0;
    const consumed = log.consume({
      topic: TOPIC,
      group: "g",
      signal: end.signal,
      async onPartition(reader, signal) {
        begun += 1;
        let { offset } = await reader.committed();
        while (!signal.aborted) {
          try {
            for (const record of await reader.read(offset, 100, 200)) {
              if (record.offset !== offset) throw new Error("a gap");
              decodeRecord(record.value);
              offset += 1;
            }
            await reader.commit({ offset, metadata: "" });
            seen.set(reader.partition, offset);
          } catch {
            failures += 1;
            await sleep(100);
          }
        }
      },
    });
    const sum = () => [...seen.values()].reduce((total, offset) => total + offset, 0);
    await until(() => sum() > 100);
    await kafka.engine.stop();
    await until(() => failures > 0);
    const before = sum();
    await kafka.engine.start();
    await until(() => sum() > before + 100);
    await writing.stop();
    const total = [...writing.acknowledged.values()].reduce((all, count) => all + count, 0);
    await until(() => sum() === total);
    end.abort();
    await consumed;
    expect(begun).toBe(3);
  });
});
