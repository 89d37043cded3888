import { ROUTES } from "@dit/protocol";
import { redeemRequestSchema, useCaseSchema } from "@dit/protocol/schemas";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { createAcsAdminClient } from "./acs-admin-client.ts";
import { createAcsClient } from "./acs-client.ts";
import { createManualClock } from "./clock.ts";
import { errorReason } from "./error-reason.ts";
import { createMetrics } from "./metrics.ts";
import { ProblemError } from "./problem-error.ts";
import { problemResponse } from "./problem-response.ts";
import { readJson } from "./read-body.ts";
import { requireBearer } from "./require-bearer.ts";
import { Secret } from "./secret.ts";

const secret = new Secret("s".repeat(40));
const text32 = "A".repeat(43);
const redeemRequest = {
  items: [{ useCase: "a", keyVersion: 1, epoch: 20_000, token: text32, mac: text32, transcript: text32 }],
};
const document = useCaseSchema.parse({
  useCase: "app_performance",
  owner: "o",
  purpose: "p",
  issuance: { authenticator: "application_server", serverId: "shop", tokensPerEpoch: 8 },
  events: { a: { fields: {} } },
});

/** A client whose `fetch` is an app's own handler, as in the one-process pipeline. */
function clientOf(app: Hono, timeoutMs = 1000) {
  const send: typeof fetch = async (input, init) => await app.fetch(new Request(input, init));
  return createAcsClient({ baseUrl: "http://acs.test", serviceSecret: secret, fetch: send, timeoutMs });
}

function answering(answer: () => Response | Promise<Response>): Hono {
  const app = new Hono();
  app.all("*", answer);
  return app;
}

async function problemOf(promise: Promise<unknown>): Promise<ProblemError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ProblemError) return error;
  throw new Error("it did not reject with a ProblemError");
}

describe("the ACS client", () => {
  it.each([
    ["Thu, 15 Jan 2026 12:00:09 GMT", 9.5],
    ["Thu, 15 Jan 2026 11:59:50 GMT", -9.5],
    ["yesterday", 0],
  ])("shows how far ACS's clock is from this one: %s", async (date, skewSeconds) => {
    const metrics = createMetrics("sink");
    const app = answering(() =>
      Response.json({ environment: "test", useCases: [] }, { headers: { date, etag: "x" } }),
    );
    const acs = createAcsClient({
      baseUrl: "http://acs.test",
      serviceSecret: secret,
      fetch: async (input, init) => await app.fetch(new Request(input, init)),
      metrics,
      clock: createManualClock(Date.UTC(2026, 0, 15, 12)),
    });
    await acs.listUseCases();
    expect(await metrics.value("acs_clock_skew_seconds")).toBe(skewSeconds);
  });

  it("redeems over the service channel", async () => {
    const app = new Hono();
    app.post(ROUTES.redeem, async (c) => {
      requireBearer(c.req.raw, secret, "service_unauthenticated");
      const { items } = await readJson(c.req.raw, redeemRequestSchema, 10_000);
      return c.json({ results: items.map(({ epoch }) => ({ outcome: "reserved", uses: 1, limit: epoch })) });
    });
    expect(await clientOf(app).redeem(redeemRequest)).toEqual({
      results: [{ outcome: "reserved", uses: 1, limit: 20_000 }],
    });
  });

  it("confirms, for which the answer is empty", async () => {
    const app = new Hono();
    app.post(ROUTES.confirm, (c) => c.body(null, 204));
    await clientOf(app).confirm({ items: [] });
  });

  it("asks for the use cases by entity tag", async () => {
    const app = new Hono();
    app.get(ROUTES.useCases, (c) => {
      if (c.req.header("if-none-match") === '"7"') return c.body(null, 304);
      return c.json({ environment: "test", useCases: [{ version: 1, document, blockedFields: {} }] }, 200, {
        etag: '"7"',
      });
    });
    const client = clientOf(app);
    const first = await client.listUseCases();
    expect(first).toEqual({
      etag: '"7"',
      list: { environment: "test", useCases: [{ version: 1, document, blockedFields: {} }] },
    });
    expect(await client.listUseCases('"7"')).toBe("unchanged");
    expect(await client.listUseCases('"6"')).not.toBe("unchanged");
  });

  it("gives a refusal on with its code", async () => {
    const app = answering(() => problemResponse("rate_limited", { retryAfterSeconds: 17, detail: "slower" }));
    expect(await problemOf(clientOf(app).redeem(redeemRequest))).toMatchObject({
      code: "rate_limited",
      retryAfterSeconds: 17,
      detail: "slower",
    });
  });

  it.each([
    ["a failure", () => problemResponse("internal_error")],
    ["an overload", () => problemResponse("overloaded")],
    ["a stranger's error page", () => new Response("<html>", { status: 404 })],
    ["a code that nobody knows", () => Response.json({ code: "alice" }, { status: 400 })],
    ["an answer of another shape", () => Response.json({ results: [{ outcome: "reserved" }] })],
    ["an answer that is no JSON", () => new Response("{")],
    ["too few results", () => Response.json({ results: [] })],
    ["no answer in time", () => new Promise<Response>(() => undefined)],
  ])("takes %s for an unavailable dependency", async (_, answer) => {
    const error = await problemOf(clientOf(answering(answer), 50).redeem(redeemRequest));
    expect(error.code).toBe("dependency_unavailable");
  });

  it("takes an unreachable address for an unavailable dependency", async () => {
    const client = createAcsClient({ baseUrl: "http://127.0.0.1:1", serviceSecret: secret });
    expect((await problemOf(client.redeem(redeemRequest))).code).toBe("dependency_unavailable");
  });

  it("ends the request that it gives up", async () => {
    let signal: AbortSignal | null | undefined;
    const send: typeof fetch = (_, init) => {
      signal = init?.signal;
      return new Promise(() => undefined);
    };
    const client = createAcsClient({
      ...{ baseUrl: "http://acs.test", serviceSecret: secret, fetch: send, timeoutMs: 5 },
    });
    const problem = await problemOf(client.redeem(redeemRequest));
    expect([problem.code, errorReason(problem)]).toEqual(["dependency_unavailable", "TimeoutError"]);
    expect(signal?.aborted).toBe(true);
  });

  it("gives up an answer that never ends", async () => {
    const endless = () =>
      new Response(new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(1024 * 1024)) }));
    const error = await problemOf(clientOf(answering(endless), 5000).redeem(redeemRequest));
    expect(error.code).toBe("dependency_unavailable");
  });
});

describe("the ACS administrator's client", () => {
  const plan = {
    useCase: "a",
    nowSeconds: 5,
    keys: [{ keyVersion: 1, state: "current", publicKey: text32, notBefore: 0, notAfter: 10, destroyAt: 12 }],
    generateAt: null,
  };
  const record = {
    sequence: 3,
    atSeconds: 5,
    actor: "operator",
    action: "key.rotate",
    subject: "a",
    detail: {},
  };

  function build() {
    const seen: { readonly method: string; readonly target: string; readonly ifMatch: string | null }[] = [];
    const app = new Hono();
    app.use(async (c, next) => {
      requireBearer(c.req.raw, secret, "service_unauthenticated");
      const { pathname, search } = new URL(c.req.url);
      seen.push({
        method: c.req.method,
        target: pathname + search,
        ifMatch: c.req.header("if-match") ?? null,
      });
      await next();
    });
    app.put("/v1/use-cases/app_performance", (c) => c.json({ useCase: "app_performance", version: 4 }));
    app.get("/v1/use-cases/a/key-plan", (c) => c.json(plan));
    app.post("/v1/use-cases/a/key-rotations", async (c) => {
      expect(await c.req.json()).toEqual({ reason: "drill" });
      return c.json(plan);
    });
    app.get("/v1/audit", (c) => c.json({ entries: [record] }));
    const send: typeof fetch = async (input, init) => await app.fetch(new Request(input, init));
    return {
      client: createAcsAdminClient({ baseUrl: "http://acs.test", adminSecret: secret, fetch: send }),
      seen,
    };
  }

  it("puts a document under its own name, guarded by the expected version", async () => {
    const { client, seen } = build();
    expect(await client.applyUseCase(document)).toEqual({ version: 4 });
    await client.applyUseCase(document, 0);
    await client.applyUseCase(document, 3);
    expect(seen.map(({ ifMatch }) => ifMatch)).toEqual([null, '"0"', '"3"']);
  });

  it("never makes a path of a name that is none", async () => {
    const { client, seen } = build();
    for (const useCase of ["../audit", "a/b", "", "A", undefined]) {
      expect((await problemOf(client.applyUseCase({ ...document, useCase }))).code).toBe("use_case_invalid");
      expect((await problemOf(client.keyPlan(String(useCase ?? "")))).code).toBe("not_found");
    }
    expect(seen).toEqual([]);
  });

  it("reads plans and the audit log", async () => {
    const { client, seen } = build();
    expect(await client.keyPlan("a")).toEqual(plan);
    expect(await client.rotateKeys("a", { reason: "drill" })).toEqual(plan);
    expect(await client.readAudit()).toEqual([record]);
    await client.readAudit({ after: 2, limit: 10 });
    expect(seen.at(-1)?.target).toBe("/v1/audit?after=2&limit=10");
  });
});
