import { toBase64Url } from "@dit/crypto-core";
import { describe, expect, it } from "vitest";
import type { IssuerRefusal } from "../src/index.ts";
import { type Call, problem } from "./testing/server.ts";
import { DAY_MS, START_MS } from "./testing/use-case.ts";
import { createWorld } from "./testing/world.ts";

type World = ReturnType<typeof createWorld>;

async function refusalsAfter(spoil: (world: World) => void) {
  const world = createWorld();
  spoil(world);
  const client = world.start();
  client.log("app_opened");
  await client.flush();
  const reasons = world.named("issuer_refused").map(({ reason }) => reason);
  const counted = client.losses().issuer_refused;
  const reports = world.server.reports.length;
  const asked = world.server.callsTo("/tokens").length;
  await client.close();
  return { reasons, counted, reports, asked };
}

describe("a bad key document gets no request for tokens", () => {
  const documents: [name: string, reason: IssuerRefusal, spoil: (server: World["server"]) => object][] = [
    ["of another environment", "other_environment", () => ({ environment: "staging" })],
    ["of another use case", "other_use_case", () => ({ useCase: "calls" })],
    ["with another epoch length", "other_epoch_length", () => ({ epochSeconds: 43_200 })],
    ["with another grace", "other_grace", () => ({ graceSeconds: 7_200 })],
    ["with no use a token", "keys_malformed", () => ({ usesPerToken: 0 })],
    ["with no keys", "no_key_for_epoch", () => ({ keys: [] })],
    ["with keys of no time", "keys_malformed", () => ({ keys: [{ keyVersion: 1, publicKey: "x" }] })],
    [
      "with three live keys",
      "too_many_live_keys",
      ({ key }) => ({ keys: [key(1, -1, 9), key(2, 9, 19), key(3, 19, 29)] }),
    ],
    [
      "with two keys for the epoch",
      "two_keys_for_epoch",
      ({ key }) => ({ keys: [key(1, -1, 9), key(2, 0, 9)] }),
    ],
    ["with a key for half the epoch", "no_key_for_epoch", ({ key }) => ({ keys: [key(1, -1, 0.5)] })],
    ["with a key that is not pinned", "key_not_pinned", ({ key }) => ({ keys: [key(7, -1, 9)] })],
    [
      "with a pinned key under another version",
      "key_not_pinned",
      ({ key }) => ({ keys: [{ ...key(1, -1, 9), keyVersion: 123_456 }] }),
    ],
  ];
  it.each(documents)("%s: %s", async (_, reason, spoil) => {
    const refused = await refusalsAfter(({ server }) => {
      server.document = { ...server.document, ...spoil(server) };
    });
    expect(refused).toEqual({ reasons: [reason], counted: 1, reports: 0, asked: 0 });
  });

  it("that is not JSON, or null", async () => {
    for (const text of ["<html>", "null", "[]", "7"]) {
      const refused = await refusalsAfter(({ server }) => {
        server.intercept = ({ path }) => (path.endsWith("/keys") ? new Response(text) : undefined);
      });
      expect(refused).toEqual({ reasons: ["keys_malformed"], counted: 1, reports: 0, asked: 0 });
    }
  });

  it("keeps working with a pinned key while the next one is not pinned", async () => {
    const refused = await refusalsAfter(({ server }) => {
      server.document = { ...server.document, keys: [server.key(1, -1, 9), server.key(7, 9, 19)] };
    });
    expect(refused).toEqual({ reasons: [], counted: 0, reports: 1, asked: 1 });
  });
});

describe("a bad answer to a request for tokens is dropped whole", () => {
  const rewrite = (change: (answer: { evaluated: string[]; proof: string }, world: World) => unknown) =>
    refusalsAfter((world) => {
      const honest = world.server.fetch;
      let busy = false;
      world.server.intercept = (call) => {
        if (busy || !call.path.endsWith("/tokens")) return undefined;
        busy = true;
        return again(honest, call).then(async (response) => {
          busy = false;
          return Response.json(change((await response.json()) as never, world));
        });
      };
    });
  const again = (fetch: World["server"]["fetch"], { method, path, body }: Call) =>
    fetch(`https://acs.test${path}`, { method, body: new Uint8Array(body) });
  const one = { counted: 1, reports: 0 };

  it("fewer evaluations than asked for", async () => {
    expect(await rewrite((a) => ({ ...a, evaluated: a.evaluated.slice(1) }))).toMatchObject(one);
  });
  it("more evaluations than asked for", async () => {
    expect(await rewrite((a) => ({ ...a, evaluated: [...a.evaluated, ...a.evaluated] }))).toMatchObject(one);
  });
  it("evaluations in another order", async () => {
    expect(await rewrite((a) => ({ ...a, evaluated: a.evaluated.toReversed() }))).toMatchObject(one);
  });
  it("another proof", async () => {
    const proof = toBase64Url(new Uint8Array(64).fill(1));
    expect(await rewrite((a) => ({ ...a, proof }))).toMatchObject(one);
  });
  it("the identity element", async () => {
    const identity = toBase64Url(new Uint8Array(32));
    expect(await rewrite((a) => ({ ...a, evaluated: a.evaluated.map(() => identity) }))).toMatchObject(one);
  });
  it.each([null, {}, { evaluated: "x" }, { evaluated: [1, 2], proof: 3 }, "text"])("%j", async (answer) => {
    expect(await rewrite(() => answer)).toMatchObject(one);
  });

  it.each([
    ["another key", { keyVersion: 2 }],
    ["another epoch", { epoch: START_MS / DAY_MS + 1 }],
  ])("an evaluation under %s than asked for", async (_, other) => {
    const refused = await refusalsAfter((world) => {
      const honest = world.server.fetch;
      let busy = false;
      world.server.intercept = ({ path, body }) => {
        if (busy || !path.endsWith("/tokens")) return undefined;
        busy = true;
        const asked = JSON.parse(new TextDecoder().decode(body));
        return honest(`https://acs.test${path}`, {
          method: "POST",
          body: JSON.stringify({ ...asked, ...other }),
        });
      };
    });
    expect(refused).toMatchObject({ ...one, reasons: ["answer_does_not_verify"] });
  });

  it("and the next fetch waits longer each time, then heals", async () => {
    const world = createWorld();
    world.server.intercept = ({ path }) => (path.endsWith("/tokens") ? Response.json({}) : undefined);
    const client = world.start();
    client.log("app_opened");
    await world.advance(3 * 60_000);
    const asked = world.server.callsTo("/tokens").length;
    expect(asked).toBeGreaterThan(1);
    expect(asked).toBeLessThan(15);
    expect(client.losses().issuer_refused).toBe(asked);
    world.server.intercept = () => undefined;
    await world.advance(DAY_MS / 2);
    expect(world.server.reports).toHaveLength(1);
    await client.close();
  });
});

describe("asking for tokens", () => {
  it("sends the account to the issuer and never to the edge", async () => {
    const world = createWorld();
    const client = world.start();
    client.log("app_opened");
    await client.flush();
    expect(world.server.callsTo("/tokens")[0]?.headers.get("authorization")).toBe("Bearer access-token");
    expect(Object.keys(world.server.reports[0]?.headers ?? {}).sort()).toEqual([
      "content-encoding",
      "content-type",
      "dit-credential",
    ]);
    expect(world.server.callsTo("/keys")[0]?.headers.get("authorization")).toBeNull();
    await client.close();
  });

  it.each([
    ["fewer", 3, 3],
    ["more", 5, 4],
  ])("uses a token no more often than both documents allow: the issuer's says %s", async (_, uses, used) => {
    const world = createWorld({ limits: { maxEventsPerReport: 1 } });
    world.server.document = { ...world.server.document, usesPerToken: uses };
    const client = world.start();
    for (let i = 0; i < 6; i++) client.log("app_opened");
    await client.flush();
    const tokens = world.server.reports.map(({ token }) => token);
    expect(tokens).toHaveLength(6);
    expect(tokens.filter((token) => token === tokens[0])).toHaveLength(used);
    expect(client.losses().issuer_refused).toBe(0);
    await client.close();
  });

  it("asks the account again once when it is not accepted", async () => {
    let asked = 0;
    const world = createWorld({ account: async () => `token-${++asked}` });
    world.server.intercept = ({ headers }) =>
      headers.get("authorization") === "Bearer token-1" ? problem("unauthenticated") : undefined;
    const client = world.start();
    client.log("app_opened");
    await client.flush();
    expect(asked).toBe(2);
    expect(world.server.reports).toHaveLength(1);
    await client.close();
  });

  it("backs off after the second refusal of the account", async () => {
    let asked = 0;
    const world = createWorld({ account: async () => `token-${++asked}` });
    world.server.intercept = ({ path }) =>
      path.endsWith("/tokens") ? problem("unauthenticated") : undefined;
    const client = world.start();
    await client.flush();
    await client.flush();
    expect(asked).toBe(2);
    await client.close();
  });

  it("stops for the epoch, and only for it, when the quota is used up", async () => {
    const world = createWorld();
    let refused = 0;
    world.server.intercept = ({ path, body }) => {
      if (!path.endsWith("/tokens")) return undefined;
      if (JSON.parse(new TextDecoder().decode(body)).epoch !== START_MS / DAY_MS) return undefined;
      refused++;
      return problem("quota_exhausted", { "retry-after": "999999" });
    };
    const client = world.start();
    await world.advance(4 * 3_600_000);
    expect(refused).toBe(1);
    await world.advance(DAY_MS);
    client.log("app_opened");
    await client.flush();
    expect(world.server.reports.map(({ epoch }) => epoch)).toEqual([START_MS / DAY_MS + 1]);
    await client.close();
  });

  it("never asks for more than the epoch's quota", async () => {
    const world = createWorld({ limits: { walletTargetTokens: 3, maxEventsPerReport: 1 } });
    world.server.document = { ...world.server.document, tokensPerEpoch: 5, usesPerToken: 1 };
    const client = world.start();
    for (let i = 0; i < 9; i++) client.log("app_opened");
    await client.flush();
    await client.flush();
    const counts = world.server
      .callsTo("/tokens")
      .map(({ body }) => JSON.parse(new TextDecoder().decode(body)).blinded.length);
    expect(counts).toEqual([3, 2]);
    expect(world.server.reports).toHaveLength(5);
    await client.close();
  });

  it("asks for the key document again without the ETag it came with: that would be a cookie", async () => {
    const world = createWorld({ timing: { keysMaxAgeMs: 1 }, limits: { maxEventsPerReport: 1 } });
    world.server.document = { ...world.server.document, usesPerToken: 1 };
    const client = world.start();
    for (let i = 0; i < 3; i++) client.log("app_opened");
    await client.flush();
    await world.advance(10);
    for (let i = 0; i < 3; i++) client.log("app_opened");
    await client.flush();
    const tags = world.server.callsTo("/keys").map(({ headers }) => headers.get("if-none-match"));
    expect(tags.length).toBeGreaterThan(1);
    expect(tags.every((tag) => tag === null)).toBe(true);
    expect(world.named("keys_fetched").every(({ outcome }) => outcome === "ok")).toBe(true);
    expect(world.server.reports).toHaveLength(6);
    await client.close();
  });
});
