import { createSealer, webCryptoRandomBytes } from "@dit/crypto-core";
import { createLogger, createManualClock, createMetrics } from "@dit/service-kit";
import { describe, expect, it } from "vitest";
import { createSalts } from "../src/salts.ts";
import { createSinkMetrics } from "../src/sink-metrics.ts";
import {
  append,
  createTestAcs,
  createTestSink,
  makeReport,
  makeUseCase,
  type Ports,
  rowsOf,
  runUntilDrained,
  until,
} from "./harness.ts";
import { useTestStores } from "./use-test-stores.ts";

const stores = useTestStores();

const MINUTE_MS = 60_000;
/** Begins at a window's begin, so that a window, its epoch's grace and the salt's are over after 1 + 0.5 + 0.5 minutes. */
const beginMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
const epoch = beginMs / MINUTE_MS;

function makeShortUseCase() {
  return makeUseCase({
    epoch: { seconds: 60, graceSeconds: 30 },
    pseudonym: { rotationSeconds: 60, saltGraceSeconds: 30 },
    primaryKey: { rotationSeconds: 600 },
  });
}

const inEpoch = (useCase: string, n = 0) => makeReport(useCase, { epoch: epoch + n, epochSeconds: 60 });

function saltsOf({ documents }: Ports) {
  return documents.list<{ sealed: string; destroyAtSeconds: number }>("salts");
}

describe("a rotation window's salt", () => {
  it("is sealed while it lives, and gone for good when its window and grace are over", async () => {
    const ports = await stores.open();
    const { useCase } = makeShortUseCase();
    const acs = await createTestAcs(makeUseCase({ ...makeShortUseCase(), useCase }));
    const clock = createManualClock(beginMs);
    await append(ports.eventLog, [inEpoch(useCase)]);
    const test = await createTestSink(ports, acs.directory, { clock });
    await runUntilDrained(ports, test);
    const [salt] = await saltsOf(ports);
    expect(salt).toMatchObject({
      key: `${useCase}/${epoch}`,
      value: { destroyAtSeconds: beginMs / 1000 + 120 },
    });
    // Version, nonce, 32 bytes, tag: never the salt itself.
    expect(Buffer.from(salt?.value.sealed ?? "", "base64url")).toHaveLength(1 + 12 + 32 + 16);

    clock.advance(2 * MINUTE_MS - 1);
    await test.sink.destroyExpiredSalts();
    expect(await saltsOf(ports)).toHaveLength(1);
    clock.advance(1);
    await test.sink.destroyExpiredSalts();
    expect(await saltsOf(ports)).toEqual([]);
    expect(await test.metrics.value("salts_destroyed_total")).toBe(1);
    const audit = await ports.documents.readAudit(0, 10);
    expect(audit.map(({ action, subject }) => `${action} ${subject}`)).toEqual([
      `salt.created ${useCase}/${epoch}`,
      `salt.destroyed ${useCase}/${epoch}`,
    ]);
  });

  it("is never made again: what comes later is put aside", async () => {
    const ports = await stores.open();
    const document = makeShortUseCase();
    const acs = await createTestAcs(document);
    const clock = createManualClock(beginMs);
    await append(ports.eventLog, [inEpoch(document.useCase)]);
    const test = await createTestSink(ports, acs.directory, { clock });
    await runUntilDrained(ports, test);
    clock.advance(2 * MINUTE_MS);
    await test.sink.destroyExpiredSalts();
    await append(ports.eventLog, [
      inEpoch(document.useCase),
      inEpoch(document.useCase, 1),
      inEpoch(document.useCase, -5),
    ]);
    await runUntilDrained(ports, test);

    expect(await rowsOf(stores.warehouse, document.useCase, "opened")).toHaveLength(2);
    expect(await test.metrics.value("events_dead_lettered_total", { reason: "salt_destroyed" })).toBe(4);
    expect((await saltsOf(ports)).map(({ key }) => key)).toEqual([`${document.useCase}/${epoch + 1}`]);
  });

  it("is never made again, not even after the clock was set back", async () => {
    const ports = await stores.open();
    const document = makeShortUseCase();
    const acs = await createTestAcs(document);
    const clock = createManualClock(beginMs);
    await append(ports.eventLog, [inEpoch(document.useCase)]);
    const first = await createTestSink(ports, acs.directory, { clock });
    await runUntilDrained(ports, first);
    clock.advance(2 * MINUTE_MS);
    await first.sink.destroyExpiredSalts();
    clock.advance(-2 * MINUTE_MS);
    await append(ports.eventLog, [
      inEpoch(document.useCase),
      inEpoch(document.useCase, -1),
      inEpoch(document.useCase, 1),
    ]);
    const second = await createTestSink(ports, acs.directory, { clock });
    await runUntilDrained(ports, second);

    expect((await saltsOf(ports)).map(({ key }) => key)).toEqual([`${document.useCase}/${epoch + 1}`]);
    expect(await second.metrics.value("events_dead_lettered_total", { reason: "salt_destroyed" })).toBe(4);
  });

  it("is not made by a sink that looked before another one destroyed it", async () => {
    const { documents } = await stores.open();
    const metrics = createMetrics("sink");
    const parts = {
      sealer: await createSealer(new Uint8Array(32)),
      random: webCryptoRandomBytes,
      logger: createLogger({ service: "sink", write: () => undefined }),
    };
    const ahead = createManualClock(0);
    const sinkMetrics = createSinkMetrics(metrics);
    const other = createSalts({ ...parts, documents, clock: ahead }, sinkMetrics);
    const meanwhile = [
      async () => {
        await other.prepare("u", 3, 100);
        ahead.advance(100_000);
        await other.destroyExpired();
      },
    ];
    const get: typeof documents.get = async (collection, key) => {
      const found = await documents.get<never>(collection, key);
      if (collection === "destroyed-salts") await meanwhile.pop()?.();
      return found;
    };
    const behind = createSalts(
      { ...parts, documents: { ...documents, get }, clock: createManualClock(0) },
      sinkMetrics,
    );
    expect(await behind.prepare("u", 3, 100)).toBe("gone");
    expect(await behind.prepare("u", 4, 100)).toBe("live");
    expect((await documents.list("salts")).map(({ key }) => key)).toEqual(["u/4"]);
  });

  it("is not used any more once its time is over, even if nobody has destroyed it yet", async () => {
    const ports = await stores.open();
    const document = makeShortUseCase();
    const acs = await createTestAcs(document);
    const clock = createManualClock(beginMs);
    await append(ports.eventLog, [inEpoch(document.useCase)]);
    const test = await createTestSink(ports, acs.directory, { clock });
    await runUntilDrained(ports, test);
    clock.advance(2 * MINUTE_MS);
    await append(ports.eventLog, [inEpoch(document.useCase)]);
    await runUntilDrained(ports, test);
    expect(await rowsOf(stores.warehouse, document.useCase, "opened")).toHaveLength(1);
  });

  it("keeps the end it was made with, whatever a later document says", async () => {
    const ports = await stores.open();
    const document = makeShortUseCase();
    const acs = await createTestAcs(document);
    const clock = createManualClock(beginMs);
    const test = await createTestSink(ports, acs.directory, { clock });
    await append(ports.eventLog, [inEpoch(document.useCase)]);
    await runUntilDrained(ports, test);
    await acs.publish({ ...document, pseudonym: { rotationSeconds: 60, saltGraceSeconds: 86_400 } });
    clock.advance(2 * MINUTE_MS);
    await append(ports.eventLog, [inEpoch(document.useCase)]);
    await runUntilDrained(ports, test);
    expect(await rowsOf(stores.warehouse, document.useCase, "opened")).toHaveLength(1);
  });

  it.each([
    [0, "0,0"],
    [1, "2,0"],
    [2, "2,2"],
    [3, "2,2"],
  ])(
    "destroyed after %i inserts of a batch: what they stored counts, the rest is put aside",
    async (inserts, rows) => {
      const ports = await stores.open();
      const document = makeShortUseCase();
      const acs = await createTestAcs(document);
      const clock = createManualClock(beginMs);
      await append(ports.eventLog, [inEpoch(document.useCase), inEpoch(document.useCase), "poison"]);
      let inserted = 0;
      const insert: typeof ports.warehouse.insert = async (batch) => {
        inserted += 1;
        if (inserted > inserts) throw new Error("crash");
        await ports.warehouse.insert(batch);
      };
      const first = await createTestSink(
        { ...ports, warehouse: { ...ports.warehouse, insert } },
        acs.directory,
        {
          clock,
        },
      );
      await first.sink.start();
      await until(async () => inserted > inserts);
      await first.sink.stop();

      clock.advance(2 * MINUTE_MS);
      const second = await createTestSink(ports, acs.directory, { clock });
      await second.sink.destroyExpiredSalts();
      await runUntilDrained(ports, second);
      const stored = await Promise.all(
        ["opened", "failed"].map(
          async (event) => (await rowsOf(stores.warehouse, document.useCase, event)).length,
        ),
      );
      expect(stored.join()).toBe(rows);
      const total = stored.reduce((sum, count) => sum + count, 0);
      expect(await second.sink.progress()).toMatchObject({
        events: 4,
        inserted: total,
        deadLettered: 4 - total,
      });
      expect(await second.sink.reconcile()).toMatchObject({ repaired: 0, refused: 0 });
    },
  );
});
