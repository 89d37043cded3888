import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import { AcknowledgedWrites } from "../../test/acknowledged-writes.ts";
import { runKafka, until } from "../../test/running-kafka.ts";
import { decodeRecord, encodeRecord, TOPIC } from "./contract-records.ts";

const APPEND_TIMEOUT_MS = 3_000;
/** Two answers that do not come. */
const CHECK_TIMEOUT_MS = 12_000;
/** The second where another request, on the same connection, has waited for longer. */
const NO_ANSWER = expect.stringMatching(/^(ETIMEDOUT|ECONNRESET)$/);
const kafka = runKafka();

let prefix: string;
beforeEach(async () => {
  prefix = await kafka.createTopics();
});

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
    const writes = new AcknowledgedWrites(log);
    for (let kill = 0; kill < 3; kill += 1) {
      await writes.more(20);
      await sleep(randomInt(0, 50));
      await kafka.engine.kill();
      await kafka.engine.start();
    }
    await writes.more(20);
    await writes.stop();
    expect(writes.rejections).toEqual([]);
    expect(await writes.account(log)).toEqual({ lost: 0, twice: 0, disordered: 0 });
  });

  it("nothing acknowledged is lost though appends are given up and repeated", async () => {
    const log = await kafka.open({ prefix, appendTimeoutMs: 500 });
    const writes = new AcknowledgedWrites(log);
    await writes.more(20);
    await kafka.engine.stop();
    await until(() => writes.rejections.length >= 16);
    await kafka.engine.start();
    await writes.more(20);
    await writes.stop();
    expect(await writes.account(log)).toMatchObject({ lost: 0 });
  });

  it("a consumer waits, and goes on where it was", async () => {
    const log = await kafka.open({ prefix });
    const writes = new AcknowledgedWrites(log);
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
    await writes.stop();
    await until(() => sum() === writes.total);
    end.abort();
    await consumed;
    expect(begun).toBe(3);
  });
});
