import type { Poprf } from "@dit/crypto-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryStore, type Platform } from "../src/index.ts";
import { HOUR_MS, messaging } from "./testing/use-case.ts";
import { createWorld } from "./testing/world.ts";

const boom = () => {
  throw new Error("host");
};
const hostile = fc.constantFrom<unknown>(
  new Proxy({}, { ownKeys: boom, get: boom, getOwnPropertyDescriptor: boom }),
  {
    get latency_ms() {
      return boom();
    },
  },
  { toString: boom, valueOf: boom },
  Symbol("x"),
  () => 1,
  10n,
);

const brokenPoprf: Poprf = new Proxy({} as Poprf, { get: () => boom });

async function live(options: Parameters<typeof createWorld>[0], more: object = {}) {
  const world = createWorld(options);
  const client = world.start(more);
  client.log("app_opened");
  await client.flush();
  await world.advance(2 * HOUR_MS);
  await client.preview();
  client.revokeConsent();
  client.grantConsent();
  client.log("app_opened");
  await world.advance(HOUR_MS);
  await client.close();
  expect(typeof client.losses().internal_error).toBe("number");
  return { world, client };
}

describe("nothing throws into the host", () => {
  it("whatever is logged", async () => {
    const world = createWorld();
    const client = world.start({ limits: { maxQueuedEvents: 10_000 } });
    const names = fc.constantFrom<unknown>(...Object.keys(messaging.events));
    const log = client.log as (...given: unknown[]) => unknown;
    fc.assert(
      fc.property(
        fc.oneof(names, fc.anything(), hostile),
        fc.oneof(fc.anything(), hostile, fc.object()),
        (name, fields) => {
          expect(log(name, fields)).toBeUndefined();
        },
      ),
      { numRuns: 500 },
    );
    await client.flush();
    for (const { events } of world.server.reports) {
      for (const { fields } of events)
        for (const value of Object.values(fields)) expect(typeof value).not.toBe("object");
    }
    await client.close();
  });

  const throwing: [string, Partial<Platform>][] = [
    ["fetch throws", { fetch: boom }],
    ["fetch rejects with nothing", { fetch: () => Promise.reject() }],
    ["fetch gives no response", { fetch: async () => undefined as never }],
    ["fetch gives half a response", { fetch: async () => ({ status: 200 }) as never }],
    [
      "a body breaks off",
      { fetch: async () => new Response(new ReadableStream({ pull: (c) => c.error(new Error("cut")) })) },
    ],
    ["the clock throws", { nowMs: boom }],
    ["the clock gives no number", { nowMs: () => Number.NaN }],
    ["the clock is before 1970", { nowMs: () => -1 }],
    ["timers throw", { setTimer: boom, clearTimer: boom }],
    ["randomness throws", { randomBytes: boom }],
    ["randomness is too short", { randomBytes: () => new Uint8Array(1) }],
    ["gzip throws", { gzip: boom }],
    ["gzip gives no gzip", { gzip: async () => new Uint8Array(3) }],
    ["the store throws", { store: { load: boom, save: boom, clear: boom } }],
    [
      "the store hangs",
      {
        store: {
          load: () => new Promise(() => undefined),
          save: () => new Promise(() => undefined),
          clear: () => new Promise(() => undefined),
        },
      },
    ],
  ];
  it.each(throwing)("when %s", async (_, platform) => {
    const world = createWorld({ platform });
    const client = world.start();
    client.log("app_opened");
    const flushed = client.flush();
    await world.advance(HOUR_MS);
    await flushed;
    const previewed = client.preview();
    await world.advance(HOUR_MS);
    await previewed;
    client.revokeConsent();
    client.grantConsent();
    const closed = client.close();
    await world.advance(HOUR_MS);
    await closed;
  });

  it.each<[string, () => Promise<string>]>([
    ["throws", boom],
    ["rejects", () => Promise.reject(new Error("login"))],
    ["gives no string", async () => undefined as never],
    ["gives what no header can hold", async () => "a\nb: c"],
  ])("when account() %s: tokens are asked for later, and nothing is lost", async (_, account) => {
    const { world, client } = await live({ account });
    expect(world.server.callsTo("/tokens")).toHaveLength(0);
    expect(client.losses()).toMatchObject({ internal_error: 0, consent_revoked: 1 });
  });

  it("when account() never answers", async () => {
    const world = createWorld({ account: () => new Promise(() => undefined) });
    const client = world.start();
    client.log("app_opened");
    await world.advance(HOUR_MS);
    expect(world.named("account_failed").length).toBeGreaterThan(0);
    await client.close();
  });

  it("when its diagnostics are not taken", async () => {
    const { world } = await live({}, { onDiagnostic: boom });
    expect(world.server.reports).toHaveLength(2);
  });

  it("when the cryptography throws", async () => {
    const { client } = await live({}, { poprf: brokenPoprf });
    expect(client.losses().internal_error).toBeGreaterThan(0);
  });

  it("and no failure makes it spin", async () => {
    let calls = 0;
    const count = <Value>(value: Value) => {
      calls++;
      return value;
    };
    const world = createWorld({
      platform: {
        fetch: () => count(Promise.reject(new Error("offline"))),
        store: { ...createMemoryStore(), save: () => count(Promise.reject(new Error("disk"))) },
      },
    });
    const client = world.start({ poprf: brokenPoprf });
    client.log("app_opened");
    await world.advance(24 * HOUR_MS);
    expect(calls).toBeLessThan(24 * 60 * 3);
    await client.close();
  });
});
