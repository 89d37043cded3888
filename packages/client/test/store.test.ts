import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createMemoryStore, createWebStore, type Store } from "../src/index.ts";
import { createFileStore } from "../src/platform/node.ts";
import { problem } from "./testing/server.ts";
import { createWorld } from "./testing/world.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dit-client-"));
});
afterEach(() => rm(directory, { recursive: true }));

function webStorage() {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
}

describe.each<[string, () => Store]>([
  ["memory", () => createMemoryStore()],
  ["web", () => createWebStore(webStorage(), "dit")],
  ["file", () => createFileStore(join(directory, "deeper", "state"))],
])("the %s store", (_, create) => {
  it("returns what was saved last, and nothing once cleared", async () => {
    const store = create();
    expect(await store.load()).toBeUndefined();
    await Promise.all([store.save("one"), store.save("two\n\u{1f600}")]);
    expect(await store.load()).toBe("two\n\u{1f600}");
    await store.clear();
    expect(await store.load()).toBeUndefined();
    await store.clear();
  });
});

describe("the file store", () => {
  it("writes a file that only its owner can read, and leaves no other behind", async () => {
    await createFileStore(join(directory, "state")).save("secret");
    expect((await stat(join(directory, "state"))).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(["state"]);
  });

  it("fails aloud where it cannot write, and goes on in order", async () => {
    await writeFile(join(directory, "taken"), "");
    const store = createFileStore(join(directory, "taken", "state"));
    await expect(store.save("x")).rejects.toThrow();
    await expect(store.save("x")).rejects.toThrow();
  });
});

describe("a restart", () => {
  it("sends what was queued, with the tokens and the pseudonym it had", async () => {
    const path = join(directory, "state");
    const world = createWorld({ platform: { store: createFileStore(path) } });
    const first = world.start();
    first.log("app_opened");
    await first.flush();
    first.log("message_delivered", { latency_ms: 7 });
    await first.close();
    expect(await readFile(path, "utf8")).toContain("message_delivered");

    const second = world.start();
    second.log("app_opened");
    await second.flush();
    const [before, after] = world.server.reports;
    expect(after?.events.map(({ name }) => name)).toEqual(["message_delivered", "app_opened"]);
    expect(after?.pseudonym).toBe(before?.pseudonym);
    expect(after?.token).toBe(before?.token);
    expect(world.server.callsTo("/tokens")).toHaveLength(1);
    await second.close();
  });

  it("repeats an unanswered report byte for byte", async () => {
    const world = createWorld();
    let answers = 0;
    world.server.intercept = ({ path }) =>
      path.endsWith("/reports") && answers++ === 0 ? problem("upstream_timeout") : undefined;
    const first = world.start();
    first.log("app_opened");
    await first.flush();
    await first.close();
    const second = world.start();
    second.log("app_opened");
    await second.flush();
    const [before, repeated, next] = world.server.reports;
    expect(repeated?.body).toEqual(before?.body);
    expect(repeated?.headers).toEqual(before?.headers);
    expect(next?.reportId).not.toBe(before?.reportId);
    expect(world.named("report_accepted")).toMatchObject([{ attempts: 2 }, { attempts: 1 }]);
    await second.close();
  });

  it("has every use on record before it is made", async () => {
    const saved: string[] = [];
    const memory = createMemoryStore();
    const store = { ...memory, save: (text: string) => memory.save(saved[saved.push(text) - 1] ?? "") };
    const world = createWorld({ platform: { store } });
    world.server.intercept = ({ path, headers }) => {
      if (path.endsWith("/reports")) expect(saved.at(-1)).toContain(headers.get("dit-credential"));
      return undefined;
    };
    const client = world.start({ limits: { maxEventsPerReport: 1 } });
    for (let i = 0; i < 5; i++) client.log("app_opened");
    await client.flush();
    expect(world.named("report_accepted")).toHaveLength(5);
    await client.close();
  });

  it("does not take over another use case's or environment's state", async () => {
    const world = createWorld();
    const first = world.start();
    first.log("app_opened");
    await first.close();
    const second = world.start({ environment: "staging" });
    expect(await second.preview()).toEqual([]);
    expect(second.losses().store_corrupt).toBe(1);
    await second.close();
  });
});

describe("a store in trouble", () => {
  it("that cannot write: nothing is sent until it can", async () => {
    let broken = true;
    const memory = createMemoryStore();
    const save = (text: string) => (broken ? Promise.reject(new Error("disk full")) : memory.save(text));
    const world = createWorld({ platform: { store: { ...memory, save } } });
    const client = world.start();
    client.log("app_opened");
    await client.flush();
    expect(world.server.reports).toHaveLength(0);
    expect(client.losses().store_failed).toBeGreaterThan(0);
    broken = false;
    await client.flush();
    expect(world.server.reports).toHaveLength(1);
    await client.close();
  });

  it.each<[string, () => Promise<string | undefined>]>([
    ["rejects", () => Promise.reject(new Error("disk"))],
    [
      "throws",
      () => {
        throw new Error("disk");
      },
    ],
    ["gives something else", () => Promise.resolve(7 as unknown as string)],
  ])("that %s when read: starts empty and counts it", async (_, load) => {
    const world = createWorld({ platform: { store: { ...createMemoryStore(), load } } });
    const client = world.start();
    client.log("app_opened");
    await client.flush();
    expect(client.losses().store_corrupt).toBe(1);
    expect(world.server.reports).toHaveLength(1);
    await client.close();
  });

  it("that hangs when read: starts empty once the time is up", async () => {
    const world = createWorld({
      platform: { store: { ...createMemoryStore(), load: () => new Promise(() => undefined) } },
    });
    const client = world.start();
    client.log("app_opened");
    await world.advance(20 * 60_000);
    expect(client.losses().store_corrupt).toBe(1);
    expect(world.server.reports).toHaveLength(1);
    await client.close();
  });

  it("whose text was cut or changed anywhere: starts empty and counts it", async () => {
    const world = createWorld();
    const first = world.start();
    first.log("message_delivered", { latency_ms: 1234 });
    await first.flush();
    first.log("message_delivered", { latency_ms: 1234 });
    await first.close();
    const whole = (await world.store.load()) ?? "";
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.boolean(), async (at, cut) => {
        const other = whole[at] === "0" ? "1" : "0";
        await world.store.save(cut ? whole.slice(0, at) : whole.slice(0, at) + other + whole.slice(at + 1));
        const client = world.start();
        expect(await client.preview()).toEqual([]);
        expect(client.losses()).toMatchObject({ store_corrupt: 1, internal_error: 0 });
        await client.close();
      }),
      { numRuns: 30 },
    );
  }, 120_000);
});
