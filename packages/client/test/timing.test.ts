import { describe, expect, it } from "vitest";
import { problem } from "./testing/server.ts";
import { DAY_MS, HEALED_WITHIN_MS, HOUR_MS, START_MS } from "./testing/use-case.ts";
import { createWorld } from "./testing/world.ts";

const MINUTE_MS = 60_000;

describe("uploads", () => {
  it("leave at dithered times, however full the queue is", async () => {
    const world = createWorld({ timing: { flushIntervalMs: 10 * MINUTE_MS, ditherMs: 10 * MINUTE_MS } });
    const client = world.start();
    const started = world.clock.nowMs();
    for (let i = 0; i < 100; i++) client.log("app_opened");
    await world.advance(10 * MINUTE_MS - 1);
    expect(world.server.reports).toHaveLength(0);
    await world.advance(10 * MINUTE_MS + 1);
    expect(world.server.reports).toHaveLength(5);
    for (let i = 0; i < 60; i++) {
      client.log("app_opened");
      await world.advance(5 * MINUTE_MS);
    }
    const times = [...new Set(world.server.reports.map(({ atMs }) => atMs - started))];
    const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(10 * MINUTE_MS);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(20 * MINUTE_MS);
    expect(new Set(gaps).size).toBeGreaterThan(5);
    await client.close();
  });
});

describe("what is logged during an upload", () => {
  it.each(["flush", "timer"])(
    "waits for a time of its own, so that no upload tells of the moment: %s",
    async (way) => {
      const world = createWorld({ timing: { flushIntervalMs: 10 * MINUTE_MS, ditherMs: MINUTE_MS } });
      const client = world.start({
        onDiagnostic: ({ name }) => {
          if (name === "report_accepted") client.log("app_opened");
        },
      });
      await world.advance(MINUTE_MS);
      for (let i = 0; i < 25; i++) client.log("app_opened");
      if (way === "flush") await client.flush();
      else await world.advance(11 * MINUTE_MS);
      expect(world.server.reports.map(({ events }) => events.length)).toEqual([20, 5]);
      await client.close();
    },
  );
});

describe("tokens", () => {
  it("are not used right after they were fetched, not even by a flush", async () => {
    const world = createWorld({ timing: { minTokenAgeMs: 5 * MINUTE_MS } });
    const client = world.start();
    client.log("app_opened");
    await client.flush();
    expect(world.server.callsTo("/tokens")).toHaveLength(1);
    await world.advance(5 * MINUTE_MS - 1);
    await client.flush();
    expect(world.server.reports).toHaveLength(0);
    await world.advance(1);
    await client.flush();
    expect(world.server.reports).toHaveLength(1);
    await client.close();
  });

  it("are fetched at a random time of their own when they run low", async () => {
    const waits: number[] = [];
    for (let run = 0; run < 8; run++) {
      const world = createWorld({ timing: { tokenFetchDitherMs: 30 * MINUTE_MS } });
      const client = world.start();
      await world.advance(31 * MINUTE_MS);
      waits.push((world.server.callsTo("/tokens")[0]?.atMs ?? 0) - START_MS - HOUR_MS);
      await client.close();
    }
    expect(Math.max(...waits)).toBeLessThanOrEqual(30 * MINUTE_MS);
    expect(new Set(waits).size).toBe(8);
  });

  it("of the next epoch are fetched ahead and used in it only", async () => {
    const world = createWorld({ timing: { fetchAheadMs: 6 * HOUR_MS, minTokenAgeMs: MINUTE_MS } });
    const client = world.start();
    await world.advance(23 * HOUR_MS - MINUTE_MS);
    const epochs = world.server
      .callsTo("/tokens")
      .map(({ body }) => JSON.parse(new TextDecoder().decode(body)).epoch);
    expect(epochs).toEqual([START_MS / DAY_MS, START_MS / DAY_MS + 1]);
    const ahead = START_MS + DAY_MS - (world.server.callsTo("/tokens")[1]?.atMs ?? 0);
    expect(ahead).toBeGreaterThan(MINUTE_MS);
    expect(ahead).toBeLessThanOrEqual(6 * HOUR_MS);
    client.log("app_opened");
    await client.flush();
    await world.advance(2 * MINUTE_MS);
    client.log("app_opened");
    await client.flush();
    expect(world.server.callsTo("/tokens")).toHaveLength(2);
    expect(world.server.reports.map(({ epoch, atMs }) => epoch - Math.floor(atMs / DAY_MS))).toEqual([0, 0]);
    await client.close();
  });

  it("of the next epoch are fetched at any time of this one, and after being offline not when the network is back", async () => {
    const [hours, waits]: [number[], number[]] = [[], []];
    for (let run = 0; run < 24; run++) {
      const offlineUntil = START_MS + 18 * HOUR_MS;
      const world = createWorld();
      world.server.intercept = ({ path, atMs }) => {
        const isAhead = path.endsWith("/tokens") && world.server.callsTo("/tokens").length > 1;
        return isAhead && run % 2 === 0 && atMs < offlineUntil
          ? Promise.reject(new Error("offline"))
          : undefined;
      };
      const client = world.start();
      await world.advance(23 * HOUR_MS - MINUTE_MS);
      const fetchedAt = world.server.callsTo("/tokens").at(-1)?.atMs ?? 0;
      if (run % 2 === 0) waits.push((fetchedAt - offlineUntil) / HOUR_MS);
      else hours.push((fetchedAt - START_MS) / HOUR_MS);
      await client.close();
    }
    for (const spread of [hours, waits])
      expect(Math.max(...spread) - Math.min(...spread)).toBeGreaterThan(1.2);
  });

  it("are fetched at the time that was drawn, whenever the app was opened since", async () => {
    const world = createWorld();
    let client = world.start();
    await world.advance(0);
    await client.close();
    const [, , json = "{}"] = (await world.store.load())?.split("\n") ?? [];
    const [{ at } = { at: 0 }]: { at: number }[] = JSON.parse(json).fetches;
    expect(at).toBeGreaterThan(world.clock.nowMs());
    for (const share of [0.2, 0.5, 0.9]) {
      world.clock.set(START_MS + HOUR_MS + share * (at - START_MS - HOUR_MS));
      client = world.start();
      await world.advance(0);
      await client.close();
    }
    expect(world.server.callsTo("/tokens")).toHaveLength(1);
    client = world.start();
    await world.advance(at - world.clock.nowMs());
    expect(world.server.callsTo("/tokens").map(({ atMs }) => atMs)).toEqual([START_MS + HOUR_MS, at]);
    await client.close();
  });

  it("come with the key of their epoch, without asking anyone at the turn", async () => {
    const world = createWorld();
    const client = world.start();
    world.clock.set(START_MS + 29.5 * DAY_MS);
    await world.advance(DAY_MS);
    client.log("app_opened");
    await client.flush();
    expect(world.server.reports[0]?.headers["dit-credential"]).toMatch(/^v1\.2\./);
    await client.close();
  });

  it("that were fetched ahead with a key whose time was cut short go, and no event with them", async () => {
    const world = createWorld();
    const client = world.start();
    await world.advance(22 * HOUR_MS);
    expect(world.server.callsTo("/tokens")).toHaveLength(2);
    world.server.document = {
      ...world.server.document,
      keys: [world.server.key(1, -10, 1), world.server.key(2, 1, 400)],
    };
    world.server.intercept = ({ headers }) =>
      headers.get("dit-credential")?.startsWith("v1.1.") ? problem("credential_invalid") : undefined;
    await world.advance(2 * HOUR_MS);
    client.log("app_opened");
    await client.flush();
    await world.advance(HEALED_WITHIN_MS);
    await client.flush();
    expect(world.named("report_accepted")).toHaveLength(1);
    expect(Object.values(client.losses()).every((count) => count === 0)).toBe(true);
    await client.close();
  });

  it("are used up to their limit and never above", async () => {
    const world = createWorld({ limits: { maxEventsPerReport: 1, walletTargetTokens: 3 } });
    const client = world.start();
    for (let i = 0; i < 10; i++) client.log("app_opened");
    await client.flush();
    const uses = new Map<string, number>();
    for (const { token } of world.server.reports) uses.set(token, (uses.get(token) ?? 0) + 1);
    expect([...uses.values()]).toEqual([4, 4, 2]);
    await client.close();
  });
});

describe("after a refused credential", () => {
  it("neither the keys are asked for nor a report is sent at once, nor both at one time", async () => {
    const waits: (readonly [keysMs: number, reportMs: number])[] = [];
    for (let run = 0; run < 8; run++) {
      const world = createWorld({ timing: { ditherMs: 20 * MINUTE_MS, flushIntervalMs: MINUTE_MS } });
      const client = world.start();
      client.log("app_opened");
      await client.flush();
      world.server.intercept = ({ path }) =>
        path.endsWith("/reports") && world.server.reports.length === 2
          ? problem("credential_invalid")
          : undefined;
      client.log("app_opened");
      const refusedAt = world.clock.nowMs();
      await client.flush();
      await world.advance(40 * MINUTE_MS);
      const keysAt = world.server.callsTo("/keys").at(-1)?.atMs ?? 0;
      waits.push([keysAt - refusedAt, (world.server.reports[2]?.atMs ?? 0) - keysAt]);
      await client.close();
    }
    for (const column of [0, 1] as const) {
      const each = waits.map((wait) => wait[column]);
      expect(Math.min(...each)).toBeGreaterThan(0);
      expect(Math.max(...each)).toBeLessThanOrEqual(20 * MINUTE_MS);
      expect(new Set(each).size).toBe(8);
    }
  });
});
