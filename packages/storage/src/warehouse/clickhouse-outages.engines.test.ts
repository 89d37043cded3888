import { randomInt } from "node:crypto";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createLocalClickHouse } from "@dit/local";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { makeTemporaryDirectory } from "../contract/temporary-directory.ts";
import { parseClickHouseUrl } from "../engine-url/clickhouse-url.ts";
import { type ClickHouseWarehouseOptions, openClickHouseWarehouse } from "./clickhouse.ts";
import { BATCH_ROWS, batchInsert, createTable, TABLE } from "./contract-table.ts";
import type { Warehouse } from "./warehouse.ts";

const directory = await makeTemporaryDirectory();
const engine = await createLocalClickHouse({ directory: `${directory.path}/engine` });
const opened: Warehouse[] = [];
beforeAll(() => engine.start());
afterAll(async () => {
  await engine.stop();
  await directory.remove();
});
beforeEach(async () => {
  const store = await open();
  await store.command("DROP DATABASE IF EXISTS contract SYNC");
  for (const sql of createTable(store.tables)) await store.command(sql);
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

async function open(changes: Partial<ClickHouseWarehouseOptions> = {}): Promise<Warehouse> {
  const store = await openClickHouseWarehouse({ ...parseClickHouseUrl(engine.url), ...changes });
  opened.push(store);
  return store;
}

async function counts(store: Warehouse): Promise<Record<string, number>> {
  const sql = `SELECT batch, count() AS rows FROM ${TABLE} GROUP BY batch ORDER BY batch`;
  const rows = await store.query<{ batch: string; rows: number }>(sql);
  return Object.fromEntries(rows.map(({ batch, rows: count }) => [batch, Number(count)]));
}

function onceEach(batches: readonly string[]): Record<string, number> {
  return Object.fromEntries(batches.toSorted().map((batch) => [batch, BATCH_ROWS]));
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** How long it took to fail, and why. */
async function failureOf(work: Promise<unknown>): Promise<{ code: unknown; message: string; ms: number }> {
  const startedAtMs = performance.now();
  const error = await work.then(
    () => new Error("it succeeded"),
    (reason: Error & { code?: string }) => reason,
  );
  return {
    code: "code" in error ? error.code : undefined,
    message: error.message,
    ms: performance.now() - startedAtMs,
  };
}

describe("a server that goes away", () => {
  test("in mid-insert, by SIGKILL, has every batch once when what was not acknowledged is sent again", async () => {
    const store = await open();
    const batches: string[] = [];
    const lost: string[] = [];
    for (let kill = 0; kill < 8; kill += 1) {
      const sent = Array.from({ length: 12 }, (_, index) => `${kill}-${index}`);
      batches.push(...sent);
      const answers = Promise.allSettled(sent.map((batch) => store.insert(batchInsert(batch))));
      await sleep(randomInt(0, 25));
      await engine.kill();
      for (const [index, answer] of (await answers).entries()) {
        if (answer.status === "rejected") lost.push(sent[index] ?? "");
      }
      await engine.start();
    }
    expect(lost.length).toBeGreaterThan(0);
    const kept = await counts(store);
    for (const batch of batches)
      expect(kept[batch] ?? 0).toBe(lost.includes(batch) ? (kept[batch] ?? 0) : BATCH_ROWS);
    for (const batch of batches) await store.insert(batchInsert(batch));
    expect(await counts(store)).toEqual(onceEach(batches));
  });

  test("is told apart at once, and used again when it is back", async () => {
    const store = await open();
    await engine.stop();
    for (const work of [
      () => store.insert(batchInsert("a")),
      () => store.query("SELECT 1"),
      () => store.check(),
    ]) {
      const { code, message, ms } = await failureOf(work());
      expect(code).toBe("ECONNREFUSED");
      expect(message).toMatch(/^warehouse \(clickhouse\): .*: ECONNREFUSED$/);
      expect(ms).toBeLessThan(5_000);
    }
    await engine.start();
    await store.check();
    await store.insert(batchInsert("a"));
    expect(await counts(store)).toEqual(onceEach(["a"]));
  });

  test("without a word, as a frozen one, is waited for no longer than was said, and stores nothing twice", async () => {
    const store = await open({ insertTimeoutMs: 2_000, statementTimeoutMs: 2_000 });
    await store.check();
    process.kill(engine.pid, "SIGSTOP");
    const failures = await Promise.all([
      failureOf(store.insert(batchInsert("a"))),
      failureOf(store.query("SELECT 1")),
      failureOf(store.command("SELECT 1")),
    ]);
    for (const { code, ms } of failures) {
      expect(code).toBe("NO_ANSWER_IN_TIME");
      expect(ms).toBeLessThan(5_000);
    }
    process.kill(engine.pid, "SIGCONT");
    const patient = await open();
    for (let time = 0; time < 3; time += 1) await patient.insert(batchInsert("a"));
    expect(await counts(patient)).toEqual(onceEach(["a"]));
  });
});

describe("a connection", () => {
  let proxy: Server | undefined;
  afterEach(() => proxy?.close());

  /**
   * Hands bytes on to the engine; `onAnswer` may do something else with an answer, or with its connection. One that was idle for `forgetsMs` is
   * not served any more, and not closed.
   */
  async function through(
    onAnswer: (answer: Buffer, number: number) => Buffer | "break" | "stall",
    forgetsMs = Number.POSITIVE_INFINITY,
  ): Promise<string> {
    let answers = 0;
    const { port } = new URL(engine.url);
    proxy = createServer((client) => {
      const server = connect(Number(port), "127.0.0.1");
      let usedAtMs = performance.now();
      client.on("data", (bytes) => {
        if (performance.now() - usedAtMs < forgetsMs) server.write(bytes);
      });
      server.on("data", (bytes) => {
        answers += 1;
        usedAtMs = performance.now();
        const answer = onAnswer(bytes, answers);
        if (answer === "break") client.resetAndDestroy();
        else if (answer !== "stall") client.write(answer);
      });
      for (const [one, other] of [
        [client, server],
        [server, client],
      ] as const) {
        one.on("error", () => undefined).on("close", () => other.destroy());
      }
    });
    await new Promise<void>((resolve) => proxy?.listen(0, "127.0.0.1", resolve));
    return urlOf(proxy);
  }

  test("that broke under an insert or a query is replaced, once, and under a command is told", async () => {
    let breaks = 0;
    const url = await through((answer) => {
      breaks -= 1;
      return breaks >= 0 ? "break" : answer;
    });
    const store = await open({ url });
    await store.check();
    breaks = 1;
    await store.insert(batchInsert("a"));
    breaks = 1;
    expect(await store.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
    breaks = 1;
    expect((await failureOf(store.command("SELECT 1"))).code).toBe("ECONNRESET");
    breaks = 2;
    expect((await failureOf(store.insert(batchInsert("b")))).code).toBe("ECONNRESET");
    expect(await counts(store)).toEqual(onceEach(["a", "b"]));
  });

  test("that gives half an answer is waited for no longer than was said", async () => {
    const url = await through((answer, number) =>
      number === 1 ? answer.subarray(0, answer.length - 5) : "stall",
    );
    const store = await open({ url, statementTimeoutMs: 2_000 });
    const { code, ms } = await failureOf(store.query("SELECT 'a long enough answer' AS text"));
    expect(code).toBe("NO_ANSWER_IN_TIME");
    expect(ms).toBeLessThan(5_000);
  });

  test("that was idle is not used again: what is between may have forgotten it without a word", async () => {
    const url = await through((answer) => answer, 2_300);
    const store = await open({ url, statementTimeoutMs: 5_000 });
    for (let round = 0; round < 2; round += 1) {
      await Promise.all(Array.from({ length: 4 }, () => store.command("SELECT 1")));
      await sleep(2_500);
    }
    await store.command("SELECT 1");
  });
});

describe("what is said of a failure", () => {
  test("names no user and no password, whichever of them was wrong", async () => {
    const password = "hunter2-canary";
    for (const changes of [{ password }, { user: "canary-user", password }]) {
      const store = await open(changes);
      for (const work of [
        () => store.check(),
        () => store.insert(batchInsert("a")),
        () => store.command("SELECT 1"),
      ]) {
        const { code, message } = await failureOf(work());
        expect(code).toBe("AUTHENTICATION_FAILED");
        expect(message).not.toMatch(/canary|hunter2|dit/);
      }
    }
  });

  test("quotes nothing that is no answer of ClickHouse", async () => {
    const server = createHttpServer((_, response) => response.writeHead(502).end("<h1>canary</h1>"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const store = await open({ url: urlOf(server) });
    const { message } = await failureOf(store.query("SELECT 1"));
    expect(message).toBe("warehouse (clickhouse): query failed: the engine did not answer");
    server.close();
    server.closeAllConnections();
  });
});

test("takes lists that are longer than an address may be, and gives 64-bit integers as numbers", async () => {
  const store = await open();
  const ids = Array.from({ length: 40_000 }, () => crypto.randomUUID());
  const sql = "SELECT toUInt64(length({ids:Array(UUID)})) AS ids, {ids:Array(UUID)}[40000] AS last";
  expect(await store.query(sql, { ids })).toEqual([{ ids: 40_000, last: ids.at(-1) }]);
});
