import { describe, expect, it } from "vitest";
import type { LossReason } from "../src/index.ts";
import { HOUR_MS, START_MS } from "./testing/use-case.ts";
import { createWorld } from "./testing/world.ts";

describe("what is logged", () => {
  it("keeps declared fields in the document's order and coarsens the time", async () => {
    const world = createWorld();
    const client = world.start();
    world.clock.set(START_MS + HOUR_MS + 59_999);
    client.log("message_delivered", {
      note: "ok",
      ratio: 0.5,
      ok: true,
      network: "cell",
      latency_ms: 60_000,
    });
    await client.flush();
    expect(world.server.reports[0]?.text).toContain(
      `"events":[{"name":"message_delivered","at":${(START_MS + HOUR_MS) / 1000},"fields":{"latency_ms":60000,"network":"cell","ok":true,"ratio":0.5,"note":"ok"}}]`,
    );
    await client.close();
  });

  it.each<[fields: Record<string, unknown>, kept: Record<string, unknown>, reason: LossReason]>([
    [{ latency_ms: 60_001, ok: true }, { ok: true }, "invalid_field"],
    [{ latency_ms: -1 }, {}, "invalid_field"],
    [{ latency_ms: 1.5 }, {}, "invalid_field"],
    [{ latency_ms: "1" }, {}, "invalid_field"],
    [{ latency_ms: null }, {}, "invalid_field"],
    [{ network: "5g" }, {}, "invalid_field"],
    [{ network: ["wifi"] }, {}, "invalid_field"],
    [{ ok: 1 }, {}, "invalid_field"],
    [{ ratio: Number.NaN }, {}, "invalid_field"],
    [{ ratio: Number.POSITIVE_INFINITY }, {}, "invalid_field"],
    [{ note: "123456789" }, {}, "invalid_field"],
    [{ note: "\ud800" }, {}, "invalid_field"],
    [{ account: "alice", ok: false }, { ok: false }, "unknown_field"],
    [JSON.parse('{"__proto__": 1}'), {}, "unknown_field"],
    [{ constructor: "x" }, {}, "unknown_field"],
  ])("%j becomes %j and counts one %s", async (fields, kept, reason) => {
    const world = createWorld();
    const client = world.start();
    client.log("message_delivered", fields);
    await client.flush();
    expect(world.server.reports[0]?.events[0]?.fields).toEqual(kept);
    expect(client.losses()[reason]).toBe(1);
    await client.close();
  });

  it("drops and counts events that are not declared", async () => {
    const world = createWorld();
    const client = world.start();
    for (const name of ["nope", "__proto__", "constructor", "toString", ""]) client.log(name as "app_opened");
    await client.flush();
    expect(world.server.reports).toHaveLength(0);
    expect(client.losses().unknown_event).toBe(5);
    await client.close();
  });

  it("reads own properties only", async () => {
    const world = createWorld();
    const client = world.start();
    client.log("message_delivered", Object.create({ ok: true }));
    await client.flush();
    expect(world.server.reports[0]?.events[0]?.fields).toEqual({});
    await client.close();
  });

  it("does not follow an object that the host changes afterwards", async () => {
    const world = createWorld();
    const client = world.start();
    const fields = { ok: true };
    client.log("message_delivered", fields);
    fields.ok = false;
    await client.flush();
    expect(world.server.reports[0]?.events[0]?.fields).toEqual({ ok: true });
    await client.close();
  });
});

describe("the queue", () => {
  it("is bounded: the oldest go, and are counted", async () => {
    const world = createWorld({ limits: { maxQueuedEvents: 5 } });
    const client = world.start();
    for (let i = 0; i < 12; i++) client.log("message_delivered", { latency_ms: i });
    await client.flush();
    expect(world.server.reports[0]?.events.map(({ fields }) => fields.latency_ms)).toEqual([7, 8, 9, 10, 11]);
    expect(client.losses().queue_full).toBe(7);
    await client.close();
  });

  it("loses nothing that is logged while a report is under way", async () => {
    const world = createWorld();
    const client = world.start();
    let extra = 100;
    world.server.intercept = () => {
      client.log("message_delivered", { latency_ms: extra++ });
      return undefined;
    };
    for (let i = 0; i < 30; i++) client.log("message_delivered", { latency_ms: i });
    await client.flush();
    world.server.intercept = () => undefined;
    await client.flush();
    const sent = world.server.reports.flatMap(({ events }) => events.map(({ fields }) => fields.latency_ms));
    const logged = [
      ...Array.from({ length: 30 }, (_, i) => i),
      ...Array.from({ length: extra - 100 }, (_, i) => 100 + i),
    ];
    expect(sent).toEqual(logged);
    await client.close();
  });
});
