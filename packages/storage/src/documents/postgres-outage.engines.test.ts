import { randomInt } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningPostgres, runPostgres } from "../../test/running-postgres.ts";
import { addToPair, PAIR } from "./contract-changes.ts";
import type { Documents } from "./documents.ts";
import { openPostgresDocuments } from "./postgres.ts";

const SERVER_KILLS = 8;
const BOUND_MS = 11_000;
const ANSWERS_WITHIN_MS = 90_000;

let running: RunningPostgres;

beforeAll(async () => {
  running = await runPostgres();
});
afterAll(() => running.stop());

/** The first calls after a restart may still meet the connections that it cut. */
async function valueOnceAnswered(store: Documents): Promise<number> {
  const deadlineMs = performance.now() + ANSWERS_WITHIN_MS;
  for (;;) {
    try {
      return (await store.get<number>("pair", PAIR[0]))?.value ?? 0;
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
      await sleep(10);
    }
  }
}

describe("a server that is killed in the middle of commits", () => {
  it("has every commit it acknowledged, and none by half", async () => {
    const store = await openPostgresDocuments(await running.newSchema());
    let isOver = false;
    let acknowledged = 0;
    let failures = 0;
    const write = async () => {
      while (!isOver) {
        try {
          acknowledged = Math.max(acknowledged, await addToPair(store));
        } catch {
          failures += 1;
        }
      }
    };
    const writers = [write(), write()];
    for (let kill = 0; kill < SERVER_KILLS; kill += 1) {
      const target = acknowledged + randomInt(1, 20);
      while (acknowledged < target) await sleep(1);
      await running.engine.kill();
      const before = acknowledged;
      await running.engine.start();
      // Later commits would make up for what was lost.
      expect(await valueOnceAnswered(store)).toBeGreaterThanOrEqual(before);
    }
    isOver = true;
    await Promise.all(writers);

    const [left, right] = await Promise.all(PAIR.map((key) => store.get<number>("pair", key)));
    expect(failures).toBeGreaterThanOrEqual(SERVER_KILLS);
    expect(left?.value).toBeGreaterThanOrEqual(acknowledged);
    expect(right).toEqual({ ...left, key: PAIR[1] });
    const audit = await store.readAudit(0, 1_000_000);
    expect(audit.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: left?.version ?? 0 }, (_, index) => index + 1),
    );
    await store.close();
  });
});

describe("a server that is away", () => {
  it("is named as such at once, without what was asked, and used again when it is back", async () => {
    const options = await running.newSchema();
    const store = await openPostgresDocuments(options);
    await put(store, 0);
    await running.engine.stop();
    // The first may still meet the connection that went with the server.
    const sees = () => store.check().then(String, String);
    await expect.poll(sees, { timeout: ANSWERS_WITHIN_MS }).toContain("the connection was refused");
    // Often enough for who waits longer each time.
    for (const ask of [...everything(store), ...everything(store)]) {
      const startedMs = performance.now();
      const message = await ask().then(String, String);
      expect(performance.now() - startedMs).toBeLessThan(3_000);
      expect(message).toBe(
        "PostgresStoreError: documents (postgres): the server cannot be reached: the connection was refused",
      );
    }
    await expect(openPostgresDocuments(options)).rejects.toThrow("connection was refused");
    await running.engine.start();
    expect(await store.get("c", "k")).toMatchObject({ version: 1 });
    await put(store, 1);
    await store.close();
  });

  it("does not keep a store from closing", async () => {
    const store = await openPostgresDocuments(await running.newSchema());
    await put(store, 0);
    await put(store, 1);
    await running.engine.stop();
    const startedMs = performance.now();
    await store.close();
    expect(performance.now() - startedMs).toBeLessThan(BOUND_MS);
    await running.engine.start();
  });
});

describe("a network that swallows everything", () => {
  it("makes who asks wait no longer than is said, and is forgotten when it is well", async () => {
    const network = await openNetwork(Number(new URL(running.engine.url).port));
    const store = await openPostgresDocuments({ ...(await running.newSchema()), port: network.port });
    await put(store, 0);
    network.swallow(true);
    const startedMs = performance.now();
    const answers = await Promise.all(everything(store).map((ask) => ask().then(String, String)));
    expect(performance.now() - startedMs).toBeLessThan(BOUND_MS);
    // Who asked together is told together.
    expect(answers).toContainEqual(expect.stringMatching(/does not answer$/));
    for (const answer of answers) expect(answer).toMatch(/does not answer$|was given up$/);
    network.swallow(false);
    expect(await store.get("c", "k")).toMatchObject({ version: 1 });
    await store.close();
    await network.close();
  });
});

describe("a server that takes too long", () => {
  it("is given up by a reader and by a writer, and leaves nothing behind", async () => {
    const options = await running.newSchema();
    const store = await openPostgresDocuments(options);
    const schema = running.sql(options.schema);
    const lock = await running.sql.reserve();
    await lock`BEGIN`;
    await lock`LOCK TABLE ${schema}.documents IN ACCESS EXCLUSIVE MODE`;
    const startedMs = performance.now();
    const asked = [() => store.get("c", "k"), () => put(store, 0)];
    const answers = await Promise.all(asked.map((ask) => ask().then(String, String)));
    expect(performance.now() - startedMs).toBeLessThan(BOUND_MS);
    expect(new Set(answers)).toEqual(
      new Set(["PostgresStoreError: documents (postgres): the server took too long"]),
    );
    await lock`ROLLBACK`;
    lock.release();
    expect(await store.get("c", "k")).toBeUndefined();
    await store.close();
  });
});

function everything(store: Documents): (() => Promise<unknown>)[] {
  return [
    () => store.get("c", "k"),
    () => store.list("c"),
    () => put(store, 1),
    () => store.readAudit(0, 1),
    () => store.check(),
  ];
}

function put(store: Documents, expectedVersion: number): Promise<void> {
  return store.commit({ changes: [{ collection: "c", key: "k", expectedVersion, value: "canary" }] });
}

/** Passes on what is sent to it, or takes it and says nothing. */
async function openNetwork(port: number) {
  const sockets = new Set<Socket>();
  let isSwallowing = false;
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("error", () => undefined).on("close", () => to.destroy());
      from.on("data", (bytes) => void (isSwallowing || to.write(bytes)));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    swallow(isOn: boolean) {
      isSwallowing = isOn;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
