import { describe, expect, it } from "vitest";
import { problem } from "./testing/server.ts";
import { DAY_MS, HOUR_MS, START_MS } from "./testing/use-case.ts";
import { createWorld } from "./testing/world.ts";

const EPOCH = START_MS / DAY_MS;
const GRACE_MS = HOUR_MS;

/** A client at this time of its own first epoch, while the server's clock is so much behind (or ahead, if negative). */
function withSkew(atMs: number, clientAheadMs: number, limits = {}) {
  const world = createWorld({ limits });
  world.clock.set(atMs);
  const serverMs = () => world.clock.nowMs() - clientAheadMs;
  const isOpen = (epoch: number) =>
    epoch * DAY_MS <= serverMs() && serverMs() < (epoch + 1) * DAY_MS + GRACE_MS;
  world.server.intercept = ({ path }) => {
    const { epoch } = world.server.reports.at(-1) ?? {};
    return path.endsWith("/reports") && epoch !== undefined && !isOpen(epoch)
      ? problem("epoch_expired")
      : undefined;
  };
  return { world, client: world.start() };
}

describe("a clock that runs ahead", () => {
  it("loses neither a report nor a token when an epoch begins here and not yet there", async () => {
    const { world, client } = withSkew(START_MS + 12 * HOUR_MS, HOUR_MS);
    await world.advance(12 * HOUR_MS + 60_000);
    expect(world.clock.nowMs()).toBe(START_MS + DAY_MS + 60_000);
    /** Those of the epoch after this one may be fetched meanwhile. */
    const asked = () =>
      world.server
        .callsTo("/tokens")
        .filter(({ body }) => JSON.parse(new TextDecoder().decode(body)).epoch === EPOCH + 1).length;
    const askedBefore = asked();
    client.log("app_opened");
    await client.flush();
    expect(world.named("report_retried")).toMatchObject([{ outcome: "epoch_expired" }]);
    await world.advance(4 * HOUR_MS);
    const [first, ...more] = world.server.reports;
    expect(more.length).toBeGreaterThan(0);
    for (const { reportId, body, epoch } of more) {
      expect({ reportId, body, epoch }).toEqual({
        reportId: first?.reportId,
        body: first?.body,
        epoch: EPOCH + 1,
      });
    }
    expect(world.named("report_accepted")).toHaveLength(1);
    expect(asked()).toBe(askedBefore);

    // Its token is as good as before, and the next report's self-healing has not been spent.
    client.log("app_opened");
    await client.flush();
    expect(world.server.reports.at(-1)?.token).toBe(first?.token);
    expect(Object.values(client.losses()).every((count) => count === 0)).toBe(true);
    await client.close();
  });

  it("that is put right at a restart keeps the report, and the tokens of the epoch to come", async () => {
    const { world, client } = withSkew(START_MS + 12 * HOUR_MS, HOUR_MS);
    await world.advance(12 * HOUR_MS + 60_000);
    client.log("app_opened");
    await client.flush();
    await client.close();
    world.clock.set(START_MS + DAY_MS - HOUR_MS);
    const second = world.start();
    await second.flush();
    expect(world.named("report_retried")).toHaveLength(2);
    await world.advance(6 * HOUR_MS);
    expect(new Set(world.server.reports.map(({ reportId }) => reportId)).size).toBe(1);
    expect(world.named("report_accepted")).toHaveLength(1);
    const asked = world.server
      .callsTo("/tokens")
      .map(({ body }) => JSON.parse(new TextDecoder().decode(body)).epoch);
    expect(asked.filter((epoch) => epoch === EPOCH + 1)).toHaveLength(1);
    await second.close();
  });

  it("by very much gives the report up after so many attempts", async () => {
    const { world, client } = withSkew(START_MS + HOUR_MS, 30 * DAY_MS, { maxAttemptsPerReport: 3 });
    client.log("app_opened");
    await world.advance(6 * HOUR_MS);
    expect(world.server.reports).toHaveLength(3);
    expect(client.losses()).toMatchObject({ retries_exhausted: 1, credential_refused: 0, fate_unknown: 0 });
    await client.close();
  });
});

describe("a clock that runs behind", () => {
  it("sends the events in the next epoch if this one is over there", async () => {
    const { world, client } = withSkew(START_MS + DAY_MS - HOUR_MS / 2, -2 * HOUR_MS);
    client.log("app_opened");
    await client.flush();
    await world.advance(6 * HOUR_MS);
    const sent = world.server.reports;
    expect(sent.at(0)?.epoch).toBe(EPOCH);
    expect(sent.at(-1)).toMatchObject({ epoch: EPOCH + 1, events: sent.at(0)?.events });
    expect(world.named("report_resigned")).toHaveLength(1);
    expect(world.named("report_accepted")).toHaveLength(1);
    expect(Object.values(client.losses()).every((count) => count === 0)).toBe(true);
    await client.close();
  });
});
