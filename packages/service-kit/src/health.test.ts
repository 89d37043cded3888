import { describe, expect, it } from "vitest";
import { createManualClock } from "./clock.ts";
import { createAdminApp, type DependencyCheck } from "./health.ts";
import { createMetrics } from "./metrics.ts";

function build(checks: readonly DependencyCheck[], checkTimeoutMs = 2000) {
  const clock = createManualClock(0);
  const metrics = createMetrics("acs");
  const app = createAdminApp({ service: "acs", version: "0.1.0", metrics, checks, clock, checkTimeoutMs });
  const ready = async () => {
    const response = await app.request("/readyz");
    return { status: response.status, body: await response.json() };
  };
  return { app, clock, metrics, ready };
}

const down = (code: string) => () =>
  Promise.reject(Object.assign(new Error("at 10.0.0.7 as alice"), { code }));

describe("readiness", () => {
  it("is there if every dependency is", async () => {
    const { ready } = build([{ name: "counters", check: () => Promise.resolve() }]);
    expect(await ready()).toEqual({
      status: 200,
      body: { ready: true, dependencies: { counters: { ok: true } } },
    });
  });

  it("says which dependency is missing and why, without its error's text", async () => {
    const { ready } = build([
      { name: "counters", check: () => Promise.resolve() },
      { name: "documents", check: down("ECONNREFUSED") },
      {
        name: "acs",
        check: () => {
          throw new TypeError("alice");
        },
      },
    ]);
    expect(await ready()).toEqual({
      status: 503,
      body: {
        ready: false,
        dependencies: {
          counters: { ok: true },
          documents: { ok: false, reason: "ECONNREFUSED" },
          acs: { ok: false, reason: "TypeError" },
        },
      },
    });
  });

  it("names what is impaired, and is ready all the same: the rest works", async () => {
    let impaired: string[] = [];
    const { ready, clock } = build([
      { name: "keys", check: () => Promise.resolve(), impaired: () => impaired },
    ]);
    expect((await ready()).body).toEqual({ ready: true, dependencies: { keys: { ok: true } } });
    impaired = ["messaging"];
    clock.advance(1000);
    expect(await ready()).toEqual({
      status: 200,
      body: { ready: true, dependencies: { keys: { ok: true, impaired: ["messaging"] } } },
    });
  });

  it("asks once a second at most, and sees a recovery after that", async () => {
    let asked = 0;
    let isUp = false;
    const check = () => {
      asked += 1;
      return isUp ? Promise.resolve() : Promise.reject(new Error("down"));
    };
    const { ready, clock } = build([{ name: "counters", check }]);
    await Promise.all([ready(), ready(), ready()]);
    expect(asked).toBe(1);
    isUp = true;
    clock.advance(999);
    expect((await ready()).status).toBe(503);
    clock.advance(1);
    expect((await ready()).status).toBe(200);
    expect(asked).toBe(2);
  });

  it("does not wait for a check that hangs, nor start it again", async () => {
    let asked = 0;
    const answer = Promise.withResolvers<void>();
    const check = () => {
      asked += 1;
      return answer.promise;
    };
    const { ready, clock } = build([{ name: "warehouse", check }], 10);
    for (let i = 0; i < 3; i++) {
      expect(await ready()).toMatchObject({
        status: 503,
        body: { dependencies: { warehouse: { reason: "timeout" } } },
      });
      clock.advance(5000);
    }
    expect(asked).toBe(1);
    answer.resolve();
    expect((await ready()).status).toBe(200);
  });
});

describe("the admin port", () => {
  it("shows in its metrics which dependency answers, asked at that moment", async () => {
    let isUp = true;
    const check = () => (isUp ? Promise.resolve() : Promise.reject(new Error("down")));
    const { app, clock } = build([{ name: "counters", check }]);
    const scraped = async () => (await app.request("/metrics")).text();
    expect(await scraped()).toContain('dit_acs_dependency_ready{dependency="counters"} 1');
    isUp = false;
    clock.advance(1000);
    expect(await scraped()).toContain('dit_acs_dependency_ready{dependency="counters"} 0');
  });

  it("answers that the process lives, whatever its dependencies do", async () => {
    const { app } = build([{ name: "counters", check: down("ENOENT") }]);
    expect((await app.request("/healthz")).status).toBe(200);
  });

  it("shows version and metrics, and nothing else", async () => {
    const { app, metrics } = build([]);
    metrics.counter("tokens_total", "Tokens").inc(2);
    expect(await (await app.request("/version")).json()).toEqual({ service: "acs", version: "0.1.0" });
    const response = await app.request("/metrics");
    expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
    expect(await response.text()).toContain("dit_acs_tokens_total 2");
    expect(await (await app.request("/")).json()).toMatchObject({ code: "not_found" });
  });
});
