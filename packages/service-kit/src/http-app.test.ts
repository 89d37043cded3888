import { PROBLEMS, type ProblemCode } from "@dit/protocol";
import { describe, expect, it } from "vitest";
import { createHttpApp } from "./http-app.ts";
import { createLogger } from "./logger.ts";
import { createMetrics } from "./metrics.ts";
import { ProblemError } from "./problem-error.ts";
import { problemResponse } from "./problem-response.ts";
import { requireBearer } from "./require-bearer.ts";
import { Secret } from "./secret.ts";

const CANARY = "canary-alice-203-0-113-9";

function build() {
  const lines: string[] = [];
  const metrics = createMetrics("acs");
  const app = createHttpApp({
    service: "acs",
    metrics,
    logger: createLogger({ service: "acs", write: (line) => lines.push(line) }),
  });
  app.get("/v1/things/:id", (c) => c.json({ id: c.req.param("id") }));
  app.post("/v1/things", () => {
    throw new ProblemError("quota_exhausted", { retryAfterSeconds: 41.2, detail: "come back later" });
  });
  app.get("/v1/fails/:id", (c) => {
    throw new TypeError(`cannot read ${c.req.param("id")}`);
  });
  app.get("/v1/throws-text", () => {
    throw CANARY as unknown as Error;
  });
  return { app, metrics, lines };
}

describe("the HTTP app", () => {
  it("answers a refusal with its document", async () => {
    const { app } = build();
    const response = await app.request("/v1/things", { method: "POST" });
    expect(response.status).toBe(429);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.headers.get("retry-after")).toBe("42");
    expect(await response.json()).toEqual({
      type: "urn:dit:problem:quota_exhausted",
      title: PROBLEMS.quota_exhausted.title,
      status: 429,
      code: "quota_exhausted",
      detail: "come back later",
    });
  });

  it("says not_found and method_not_allowed, the latter with what is allowed", async () => {
    const { app } = build();
    const missing = await app.request("/v1/nothing");
    expect([missing.status, missing.headers.get("allow")]).toEqual([404, null]);
    const wrong = await app.request("/v1/things/1", { method: "DELETE" });
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET"]);
    expect(await wrong.json()).toMatchObject({ code: "method_not_allowed" });
  });

  it("turns an unknown error into internal_error: counted, logged by reason, never quoted", async () => {
    const { app, metrics, lines } = build();
    for (const path of [`/v1/fails/${CANARY}`, "/v1/throws-text"]) {
      const response = await app.request(path);
      expect(response.status).toBe(500);
      expect(await response.text()).not.toContain(CANARY);
    }
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: "error", event: "request.failed", reason: "TypeError", route: "/v1/fails/:id" },
      { level: "error", event: "request.failed", reason: "not_an_error" },
    ]);
    expect(await metrics.value("http_internal_errors_total", { reason: "TypeError" })).toBe(1);
    expect(await metrics.value("http_problems_total", { code: "internal_error" })).toBe(2);
  });

  it("counts every request by route pattern and status", async () => {
    const { app, metrics } = build();
    await app.request("/v1/things/1");
    await app.request("/v1/things/2");
    await app.request("/v1/things", { method: "POST" });
    const route = "/v1/things/:id";
    expect(await metrics.value("http_requests_total", { method: "GET", route, status: "200" })).toBe(2);
    expect(await metrics.value("http_request_seconds_count", { method: "GET", route })).toBe(2);
    expect(await metrics.value("http_requests_total", { route: "/v1/things", status: "429" })).toBe(1);
    expect(await metrics.value("http_problems_total", { code: "quota_exhausted" })).toBe(1);
  });

  it("lets nothing of a request into logs or metrics, wherever in it it stands", async () => {
    const { app, metrics, lines } = build();
    const headers = { "x-forwarded-for": CANARY, authorization: `Bearer ${CANARY}`, "user-agent": CANARY };
    const targets = [
      `/v1/things/${CANARY}?a=${CANARY}`,
      `/v1/fails/${CANARY}?${CANARY}=1`,
      `/${CANARY}`,
      `/v1/${CANARY}/%2e%2e/x`,
      "/v1/throws-text",
    ];
    for (const target of targets) {
      await app.request(target, { headers });
      await app.request(target, { headers, method: "POST", body: CANARY });
      await app.request(target, { headers, method: CANARY.toUpperCase() });
    }
    expect(await metrics.value("http_requests_total")).toBe(3 * targets.length);
    const observed = (await metrics.text()) + lines.join("\n");
    expect(observed.toLowerCase()).not.toContain(CANARY);
  });

  it("does not grow with the paths that strangers invent", async () => {
    const { app, metrics } = build();
    await app.request("/a");
    const before = (await metrics.text()).split("\n").length;
    for (let i = 0; i < 50; i++) await app.request(`/${i}`, { method: `M${i}` });
    expect((await metrics.text()).split("\n").length).toBe(before);
  });
});

describe("a problem response", () => {
  it.each(Object.keys(PROBLEMS) as ProblemCode[])(
    "%s says when to retry exactly if retrying helps",
    (code) => {
      const response = problemResponse(code);
      expect(response.status).toBe(PROBLEMS[code].status);
      expect(response.headers.has("retry-after")).toBe(PROBLEMS[code].action === "retry");
      expect(response.headers.get("cache-control")).toBe("no-store");
    },
  );
});

describe("bearer authentication", () => {
  const secret = new Secret("s".repeat(40));
  const refuses = (authorization: string | undefined) => {
    const headers = authorization === undefined ? {} : { authorization };
    expect(() =>
      requireBearer(new Request("http://acs.test/", { headers }), secret, "service_unauthenticated"),
    ).toThrow(new ProblemError("service_unauthenticated"));
  };

  it("lets the secret in, whatever the case of the scheme", () => {
    for (const scheme of ["Bearer", "bearer", "BEARER"]) {
      const headers = { authorization: `${scheme} ${"s".repeat(40)}` };
      requireBearer(new Request("http://acs.test/", { headers }), secret, "service_unauthenticated");
    }
  });

  it("refuses all else alike", () => {
    for (const header of [undefined, "", "Bearer", "Bearer ", `Digest ${"s".repeat(40)}`, "s".repeat(40)])
      refuses(header);
    for (const header of [
      `Bearer ${"s".repeat(39)}`,
      `Bearer ${"s".repeat(41)}`,
      `Bearer  ${"s".repeat(40)}`,
    ])
      refuses(header);
  });
});
