import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KafkaError } from "./kafka-error.ts";
import { type Batch, Lane } from "./kafka-lane.ts";

const MAX_BATCH_BYTES = 1_000_000;
const record = (number: number, bytes = 1) => ({ key: Buffer.of(1), value: Buffer.alloc(bytes, number) });
const numbersOf = (batch: Batch | undefined) => batch?.records.map(({ value }) => value[0]);

describe("what waits for a partition", () => {
  it("goes out once, in order, in batches that a topic takes, of which one is on its way", async () => {
    const sizes = fc.array(fc.array(fc.integer({ min: 1, max: 600_000 }), { minLength: 1, maxLength: 5 }), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(sizes, async (appends) => {
        const lane = new Lane("reports", 0);
        const added = appends.map((append) =>
          append.map((bytes) => ({ key: Buffer.of(1), value: Buffer.alloc(bytes) })),
        );
        const done = Promise.all(added.map((records) => lane.add(records, 10)));
        const sent = [];
        for (let batch = lane.take(0); batch !== undefined; batch = lane.take(0)) {
          expect(lane.take(0)).toBeUndefined();
          const bytes = batch.records.reduce((sum, { value }) => sum + value.length, 0);
          expect(batch.records.length === 1 || bytes <= MAX_BATCH_BYTES).toBe(true);
          sent.push(...batch.records);
          batch.acknowledge();
        }
        expect(sent).toEqual(added.flat());
        await done;
      }),
      { numRuns: 50 },
    );
  });

  it("is acknowledged with its last record, and not before", async () => {
    const lane = new Lane("reports", 0);
    let isDone = false;
    const done = lane.add([record(1, 900_000), record(2, 900_000)], 10).then(() => {
      isDone = true;
    });
    lane.take(0)?.acknowledge();
    await Promise.resolve();
    expect(isDone).toBe(false);
    lane.take(0)?.acknowledge();
    await done;
  });

  it("goes no further once a part of it was refused, and what waited behind it does", async () => {
    const lane = new Lane("reports", 0);
    const refused = lane.add([record(1, 900_000), record(2, 900_000)], 10);
    const next = lane.add([record(3)], 10);
    lane.take(0)?.reject(new KafkaError("MESSAGE_TOO_LARGE"));
    await expect(refused).rejects.toMatchObject({ code: "MESSAGE_TOO_LARGE" });
    const batch = lane.take(0);
    expect(numbersOf(batch)).toEqual([3]);
    batch?.acknowledge();
    await next;
  });

  it("is not sent any more once its time is over", () => {
    const lane = new Lane("reports", 0);
    void lane.add([record(1)], 10);
    void lane.add([record(2)], 20);
    expect(numbersOf(lane.take(10))).toEqual([2]);
  });

  it("is bounded: more is refused until some of it is gone", async () => {
    const lane = new Lane("reports", 0);
    const large = record(0, 20 * 1_024 * 1_024);
    void lane.add([large], 10);
    await expect(lane.add([large], 10)).rejects.toMatchObject({ code: "QUEUE_FULL" });
    lane.take(0)?.acknowledge();
    void lane.add([large], 10);
    expect(lane.take(0)?.records).toHaveLength(1);
  });
});
