import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../src/index.ts";
import { DAY_MS } from "./testing/use-case.ts";
import { createWorld } from "./testing/world.ts";

describe("without consent", () => {
  it("nothing is kept, stored, asked for or sent", async () => {
    const world = createWorld({ consent: false });
    const client = world.start();
    client.log("app_opened");
    await client.flush();
    await world.advance(DAY_MS);
    expect(await client.preview()).toEqual([]);
    await client.close();
    expect(client.losses().no_consent).toBe(1);
    expect(world.server.calls).toHaveLength(0);
    expect(await world.store.load()).toBeUndefined();
  });

  it("is the default", async () => {
    const world = createWorld();
    const client = world.start({ consent: false });
    client.log("app_opened");
    client.grantConsent();
    client.log("message_delivered");
    await client.flush();
    expect(world.server.reports.flatMap(({ events }) => events.map(({ name }) => name))).toEqual([
      "message_delivered",
    ]);
    await client.close();
  });
});

describe("revoking consent", () => {
  it("wipes queue, tokens and pseudonym: what comes after another grant has nothing in common", async () => {
    const world = createWorld();
    const client = world.start();
    client.log("app_opened");
    await client.flush();
    client.log("app_opened");
    await world.advance(2_000);
    expect(await world.store.load()).toContain("app_opened");
    client.revokeConsent();
    client.log("app_opened");
    await world.settle();
    expect(await world.store.load()).toBeUndefined();
    expect(client.losses()).toMatchObject({ consent_revoked: 1, no_consent: 1 });
    await world.advance(DAY_MS / 2);
    expect(world.server.reports).toHaveLength(1);

    client.grantConsent();
    client.log("message_delivered");
    await client.flush();
    const [before, after] = world.server.reports;
    expect(after?.events).toHaveLength(1);
    expect(after?.pseudonym).not.toBe(before?.pseudonym);
    expect(after?.token).not.toBe(before?.token);
    await client.close();
  });

  it("abandons a request under way, and its answer changes nothing", async () => {
    const world = createWorld();
    let answer: (response: Response) => void = () => undefined;
    world.server.intercept = ({ path }) =>
      path.endsWith("/reports") ? new Promise<Response>((resolve) => (answer = resolve)) : undefined;
    const client = world.start();
    client.log("app_opened");
    const flushed = client.flush();
    await world.settle();
    expect(world.server.reports).toHaveLength(1);
    client.revokeConsent();
    await flushed;
    answer(new Response(null, { status: 202 }));
    await world.settle();
    expect(await world.store.load()).toBeUndefined();
    expect(world.named("report_accepted")).toHaveLength(0);
    await client.close();
  });

  it("does not bring back what a store that cannot be wiped still holds", async () => {
    const memory = createMemoryStore();
    const world = createWorld({
      platform: { store: { ...memory, clear: () => Promise.reject(new Error("disk")) } },
    });
    const client = world.start();
    client.log("app_opened");
    await client.flush();
    client.revokeConsent();
    client.grantConsent();
    client.log("app_opened");
    await client.flush();
    const [before, after] = world.server.reports;
    expect(after?.pseudonym).not.toBe(before?.pseudonym);
    expect(after?.token).not.toBe(before?.token);
    expect(client.losses().store_failed).toBe(1);
    await client.close();
  });
});

describe("a closed client", () => {
  it("takes, sends and keeps nothing more, and leaves no timer", async () => {
    const world = createWorld();
    const client = world.start();
    client.log("app_opened");
    await client.close();
    client.log("app_opened");
    client.grantConsent();
    await client.flush();
    await client.close();
    expect(world.clock.timersMs()).toEqual([]);
    expect(client.losses().closed).toBe(1);
    expect(world.server.reports).toHaveLength(0);
  });
});
