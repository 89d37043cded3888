import { describe, expect, it } from "vitest";
import { LOSS_REASONS, type LossReason } from "../src/index.ts";
import { problem } from "./testing/server.ts";
import { DAY_MS, HEALED_WITHIN_MS, HOUR_MS, START_MS } from "./testing/use-case.ts";
import { createWorld } from "./testing/world.ts";

type Answer = () => Response | Promise<Response>;

const NEXT_EPOCH = START_MS + DAY_MS + 2 * HOUR_MS;
const lost: Answer = () => Promise.reject(new TypeError("fetch failed"));

/** A client with one event, and a server that gives these answers to the first reports, then honest ones. */
function withAnswers(...answers: Answer[]) {
  const world = createWorld();
  world.server.intercept = ({ path }) => (path.endsWith("/reports") ? answers.shift()?.() : undefined);
  const client = world.start();
  client.log("app_opened");
  const losses = () => lossesIn(client.losses());
  const reportIds = () => new Set(world.server.reports.map(({ reportId }) => reportId)).size;
  return { world, client, losses, reportIds };
}

function lossesIn(losses: Readonly<Record<LossReason, number>>) {
  return Object.fromEntries(
    LOSS_REASONS.map((reason) => [reason, losses[reason]]).filter(([, count]) => count),
  );
}

const unclear: [string, Answer][] = [
  ["no answer", lost],
  ["a portal's 200", () => new Response("<html>please log in</html>")],
  ["an unknown 429", () => new Response("", { status: 429 })],
  ["an unknown 503", () => new Response("", { status: 503 })],
  ...(["internal_error", "upstream_unavailable", "upstream_timeout", "dependency_unavailable"] as const).map(
    (code): [string, Answer] => [code, () => problem(code)],
  ),
];

describe("a report that may be stored is never made anew", () => {
  it.each(unclear)("after %s, when its epoch is over", async (_, answer) => {
    // What came after proves nothing about what came before.
    const { world, client, losses, reportIds } = withAnswers(
      answer,
      () => problem("overloaded"),
      () => problem("epoch_expired"),
    );
    await client.flush();
    world.clock.set(START_MS + 3 * HOUR_MS);
    await client.flush();
    world.clock.set(NEXT_EPOCH);
    await client.flush();
    await client.flush();
    expect(world.server.reports).toHaveLength(3);
    expect(reportIds()).toBe(1);
    expect(losses()).toEqual({ fate_unknown: 1 });
    expect(world.named("report_dropped")).toMatchObject([{ outcome: "epoch_expired", events: 1 }]);
    client.log("app_opened");
    await client.flush();
    expect(world.named("report_accepted")).toHaveLength(1);
    await client.close();
  });

  it.each(unclear)(
    "after %s, when its credential is no good; the next report has another",
    async (_, answer) => {
      const { world, client, losses } = withAnswers(answer, () => problem("credential_invalid"));
      await client.flush();
      world.clock.set(START_MS + 3 * HOUR_MS);
      client.log("message_delivered");
      await client.flush();
      await world.advance(HEALED_WITHIN_MS);
      const [first, second, third] = world.server.reports;
      expect(second?.reportId).toBe(first?.reportId);
      expect(third?.events).toMatchObject([{ name: "message_delivered" }]);
      expect(third?.token).not.toBe(first?.token);
      expect(losses()).toEqual({ fate_unknown: 1 });
      await client.close();
    },
  );

  it.each([
    ["ended while it was under way", false],
    ["ended before its last words", true],
  ])("after a run that %s", async (_, crashed) => {
    const { world, client, reportIds } = withAnswers(
      () => new Promise<Response>(() => undefined),
      () => problem("epoch_expired"),
    );
    const flushed = client.flush();
    await world.settle();
    const survived = (await world.store.load()) ?? "";
    await client.close();
    await flushed;
    if (crashed) await world.store.save(survived);
    world.clock.set(NEXT_EPOCH);
    const second = world.start();
    await second.flush();
    expect(world.server.reports).toHaveLength(2);
    expect(reportIds()).toBe(1);
    expect(lossesIn(second.losses())).toEqual({ fate_unknown: 1 });
    await second.close();
  });
});

describe("a report that is known not to be stored goes out with another token", () => {
  it.each(["rate_limited", "overloaded", "request_timeout"] as const)(
    "after %s, when its epoch is over",
    async (code) => {
      const { world, client, losses, reportIds } = withAnswers(
        () => problem(code),
        () => problem("epoch_expired"),
      );
      await client.flush();
      world.clock.set(NEXT_EPOCH);
      await client.flush();
      await client.flush();
      const [first, , third] = world.server.reports;
      expect(third?.events).toEqual(first?.events);
      expect(third?.epoch).toBe(START_MS / DAY_MS + 1);
      expect(reportIds()).toBe(2);
      expect(world.named("report_accepted")).toHaveLength(1);
      expect(losses()).toEqual({});
      await client.close();
    },
  );

  it("after a lost answer, when its token is used up: a report that was accepted would be so again", async () => {
    const { world, client, losses, reportIds } = withAnswers(
      lost,
      () => problem("token_exhausted"),
      () => problem("credential_invalid"),
    );
    await client.flush();
    world.clock.set(START_MS + 3 * HOUR_MS);
    await client.flush();
    await client.flush();
    // The lost answer was the first token's: of the second it is known that it was refused, and there is no third.
    expect(reportIds()).toBe(2);
    expect(losses()).toEqual({ credential_refused: 1 });
    await client.close();
  });
});
