import { describe, expect, it } from "vitest";
import type { Client, LossReason } from "../src/index.ts";
import { problem } from "./testing/server.ts";
import { DAY_MS, HEALED_WITHIN_MS, HOUR_MS, type messaging, START_MS } from "./testing/use-case.ts";
import { createWorld } from "./testing/world.ts";

type Answer = () => Response | Promise<Response>;

/** The server gives these answers to the first reports, then honest ones. */
function withAnswers(answers: Answer[], options: Parameters<typeof createWorld>[0] = {}) {
  const world = createWorld(options);
  const left = [...answers];
  world.server.intercept = ({ path }) => (path.endsWith("/reports") ? left.shift()?.() : undefined);
  const client = world.start();
  client.log("app_opened", { cold: true });
  return { world, client };
}

/** Only losses that happened. */
function lossesOf(client: Client<typeof messaging>) {
  return Object.fromEntries(Object.entries(client.losses()).filter(([, count]) => count > 0));
}

const offline: Answer = () => Promise.reject(new TypeError("fetch failed"));

describe("a retry", () => {
  it.each<[string, Answer]>([
    ["no answer", offline],
    ["overloaded", () => problem("overloaded")],
    ["rate_limited", () => problem("rate_limited")],
    ["an unknown 500", () => new Response("<html>", { status: 500 })],
    ["an unknown 429", () => new Response("", { status: 429 })],
    ["a portal's 200", () => new Response("<html>please log in</html>")],
    ["a problem code with a success", () => Response.json({ code: "report_invalid" }, { status: 200 })],
  ])("after %s sends the same bytes with the same credential", async (_, answer) => {
    const { world, client } = withAnswers([answer, answer]);
    await client.flush();
    client.log("app_opened", { cold: false });
    await world.advance(HOUR_MS);
    const [first, second, third, next] = world.server.reports;
    for (const repeated of [second, third]) {
      expect(repeated?.body).toEqual(first?.body);
      expect(repeated?.headers).toEqual(first?.headers);
    }
    expect(next?.events).toMatchObject([{ fields: { cold: false } }]);
    expect(world.server.reports).toHaveLength(4);
    expect(lossesOf(client)).toEqual({});
    await client.close();
  });

  it("waits a random time that grows up to its cap", async () => {
    const { world, client } = withAnswers(Array.from({ length: 15 }, () => offline));
    await client.flush();
    await world.advance(DAY_MS / 2);
    const delays = world.named("report_retried").map(({ delayMs }) => delayMs);
    expect(delays).toHaveLength(15);
    delays.forEach((delay, i) => {
      expect(delay).toBeLessThanOrEqual(Math.min(HOUR_MS, 5_000 * 2 ** i));
    });
    expect(new Set(delays).size).toBeGreaterThan(10);
    expect(Math.max(...delays)).toBeGreaterThan(60_000);
    await client.close();
  });

  it.each([
    ["seconds", () => "7200"],
    ["a date", (nowMs: number) => new Date(nowMs + 2 * HOUR_MS).toUTCString()],
  ])("obeys Retry-After in %s, also when flushed", async (_, header) => {
    const { world, client } = withAnswers([]);
    let refused = false;
    world.server.intercept = ({ path }) => {
      if (refused || !path.endsWith("/reports")) return undefined;
      refused = true;
      return problem("overloaded", { "retry-after": header(world.clock.nowMs()) });
    };
    await client.flush();
    await world.advance(2 * HOUR_MS - 2_000);
    await client.flush();
    expect(world.server.reports).toHaveLength(1);
    await world.advance(10_000);
    expect(world.server.reports).toHaveLength(2);
    await client.close();
  });

  it("bounds an absurd Retry-After, and ignores a senseless one", async () => {
    for (const value of ["99999999999", "soon", "-5", ""]) {
      const { world, client } = withAnswers([() => problem("overloaded", { "retry-after": value })]);
      await client.flush();
      await world.advance(DAY_MS + HOUR_MS);
      expect(world.server.reports).toHaveLength(2);
      await client.close();
    }
  });

  it("ends after so many answers, and then the next report goes", async () => {
    const answers = Array.from({ length: 3 }, () => () => problem("internal_error"));
    const { world, client } = withAnswers(answers, { limits: { maxAttemptsPerReport: 3 } });
    await client.flush();
    client.log("message_delivered", { ok: true });
    await world.advance(HOUR_MS);
    expect(lossesOf(client)).toEqual({ retries_exhausted: 1 });
    expect(world.server.reports.at(-1)?.events).toMatchObject([{ name: "message_delivered" }]);
    expect(world.server.reports).toHaveLength(4);
    await client.close();
  });

  it("does not end for being offline, until the events are too old", async () => {
    const world = createWorld({ limits: { maxAttemptsPerReport: 2 } });
    world.server.intercept = ({ path }) => (path.endsWith("/reports") ? offline() : undefined);
    const client = world.start();
    client.log("app_opened");
    await world.advance(3 * DAY_MS);
    client.log("app_opened");
    expect(lossesOf(client)).toEqual({});
    world.clock.set(START_MS + 31 * DAY_MS);
    await client.flush();
    await world.advance(HOUR_MS);
    expect(lossesOf(client)).toMatchObject({ too_old: 1 });
    await client.close();
  });

  it("gives up a request that is not answered in time, even if fetch ignores its signal", async () => {
    const { world, client } = withAnswers([() => new Promise<Response>(() => undefined)]);
    const flushed = client.flush();
    await world.advance(60_000);
    await flushed;
    expect(world.named("report_retried")).toMatchObject([{ outcome: "unreachable", latencyMs: 30_000 }]);
    await world.advance(HOUR_MS);
    expect(world.named("report_accepted")).toMatchObject([{ attempts: 1 }]);
    await client.close();
  });
});

describe("a refused credential", () => {
  it.each(["credential_invalid", "token_exhausted"] as const)(
    "heals itself once after %s: the same events, another token",
    async (code) => {
      const { world, client } = withAnswers([() => problem(code)]);
      await client.flush();
      await world.advance(HEALED_WITHIN_MS);
      await client.flush();
      const [first, second] = world.server.reports;
      expect(second?.events).toEqual(first?.events);
      expect(second?.token).not.toBe(first?.token);
      expect(second?.isGenuine).toBe(true);
      expect(world.named("report_resigned")).toMatchObject([{ outcome: code }]);
      expect(world.named("report_accepted")).toHaveLength(1);
      client.log("app_opened");
      await client.flush();
      expect(world.server.reports.slice(1).map(({ token }) => token)).not.toContain(first?.token);
      expect(lossesOf(client)).toEqual({});
      await client.close();
    },
  );

  it("is not healed twice", async () => {
    const { world, client } = withAnswers([
      () => problem("token_exhausted"),
      () => problem("token_exhausted"),
    ]);
    await client.flush();
    await client.flush();
    expect(world.server.reports).toHaveLength(2);
    expect(lossesOf(client)).toEqual({ credential_refused: 1 });
    await client.close();
  });

  it("takes all tokens of a key with it that the issuer no longer has", async () => {
    const world = createWorld();
    const client = world.start();
    client.log("app_opened");
    await client.flush();
    const { key } = world.server;
    world.server.document = { ...world.server.document, keys: [key(2, -1, 30)] };
    let refused = false;
    world.server.intercept = ({ path }) => {
      if (refused || !path.endsWith("/reports")) return undefined;
      refused = true;
      return problem("credential_invalid");
    };
    client.log("app_opened");
    await client.flush();
    await world.advance(HEALED_WITHIN_MS);
    await client.flush();
    expect(world.server.reports.map(({ headers }) => headers["dit-credential"]?.split(".")[1])).toEqual([
      "1",
      "1",
      "2",
    ]);
    expect(lossesOf(client)).toEqual({});
    await client.close();
  });
});

describe("a refused report", () => {
  it.each<[Answer, LossReason]>([
    [() => problem("report_invalid"), "report_refused"],
    [() => problem("payload_too_large"), "report_refused"],
    [() => problem("edge_required"), "report_refused"],
    [() => new Response("", { status: 418 }), "report_refused"],
  ])("is dropped and counted, and the next one goes", async (answer, reason) => {
    const { world, client } = withAnswers([answer]);
    await client.flush();
    client.log("message_delivered");
    await client.flush();
    expect(world.server.reports.map(({ events }) => events[0]?.name)).toEqual([
      "app_opened",
      "message_delivered",
    ]);
    expect(lossesOf(client)).toEqual({ [reason]: 1 });
    expect(world.named("report_dropped")).toHaveLength(1);
    await client.close();
  });
});

describe("the kill switch", () => {
  it("drops the queue and takes nothing more until the key document says enabled", async () => {
    const { world, client } = withAnswers([() => problem("use_case_disabled")], {
      limits: { maxEventsPerReport: 1 },
    });
    client.log("app_opened");
    await client.flush();
    world.server.document = { ...world.server.document, enabled: false };
    client.log("app_opened");
    await world.advance(HOUR_MS * 3);
    expect(lossesOf(client)).toEqual({ use_case_disabled: 3 });
    expect(world.server.reports).toHaveLength(1);
    world.server.document = { ...world.server.document, enabled: true };
    await world.advance(HOUR_MS + 1);
    client.log("message_delivered");
    await client.flush();
    expect(world.server.reports.at(-1)?.events).toMatchObject([{ name: "message_delivered" }]);
    await client.close();
  });

  it("works through the key document alone", async () => {
    const world = createWorld();
    world.server.document = { ...world.server.document, enabled: false };
    const client = world.start();
    client.log("app_opened");
    await client.flush();
    expect(world.server.callsTo("/tokens")).toHaveLength(0);
    expect(lossesOf(client)).toEqual({ use_case_disabled: 1 });
    await client.close();
  });
});

describe("a report", () => {
  it("holds so many events, in order, each once", async () => {
    const world = createWorld();
    const client = world.start();
    for (let i = 0; i < 50; i++) client.log("message_delivered", { latency_ms: i });
    await client.flush();
    expect(world.server.reports.map(({ events }) => events.length)).toEqual([20, 20, 10]);
    const sent = world.server.reports.flatMap(({ events }) => events.map(({ fields }) => fields.latency_ms));
    expect(sent).toEqual(Array.from({ length: 50 }, (_, i) => i));
    await client.close();
  });

  it("tells nothing of the sender in its gzip header, and has the size of a bucket", async () => {
    const { world, client } = withAnswers([]);
    await client.flush();
    const body = world.server.reports[0]?.body ?? new Uint8Array();
    expect([...body.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255]);
    expect(body).toHaveLength(1024);
    await client.close();
  });

  it.each([
    ["without gzip", undefined],
    ["with a gzip that fails", () => Promise.reject(new Error("no"))],
  ])("%s is padded with blanks to a bucket", async (_, gzip) => {
    const { world, client } = withAnswers([], { platform: { gzip } });
    await client.flush();
    const [report] = world.server.reports;
    expect(report?.headers["content-encoding"]).toBeUndefined();
    expect(report?.text).toMatch(/^\{.*\}[\t ]+$/);
    expect(report?.body).toHaveLength(1024);
    expect(report?.isGenuine).toBe(true);
    await client.close();
  });

  it("that does not fit is split; an event that does not fit alone is dropped and counted", async () => {
    const world = createWorld({ platform: { gzip: undefined } });
    const client = world.start();
    const essay = (character: string) =>
      Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`part_${i}`, character.repeat(256)]));
    for (const character of ["a", "b", "c", "\u0001", "d"]) client.log("essay_written", essay(character));
    await client.flush();
    expect(
      world.server.reports.flatMap(({ events }) =>
        events.map(({ fields }) => fields.part_0?.toString().at(0)),
      ),
    ).toEqual(["a", "b", "c", "d"]);
    for (const { body } of world.server.reports) expect(body.length).toBeLessThanOrEqual(65_536);
    expect(lossesOf(client)).toEqual({ event_too_large: 1 });
    await client.close();
  });
});
