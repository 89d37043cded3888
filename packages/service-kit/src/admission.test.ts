import { expect, test } from "vitest";
import { createAdmissions } from "./admission.ts";
import { createMetrics } from "./metrics.ts";
import { ProblemError } from "./problem-error.ts";
import { problemResponse } from "./problem-response.ts";

const BOUNDS = { min: 2, max: 3 };

function createRig(bounds = BOUNDS) {
  const metrics = createMetrics("test");
  const clock = { nowMs: 0 };
  const admission = createAdmissions({ metrics, monotonicMs: () => clock.nowMs })("report", bounds);
  return { admission, clock, metrics };
}

function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { work: () => promise, release: resolve };
}

test("beyond the most a request is refused at once, told when to come back, and counted", async () => {
  const { admission, metrics } = createRig();
  const { work, release } = held();
  const running = [1, 2, 3].map(() => admission.pass(work));
  expect(admission.inFlight).toBe(3);
  expect(() => admission.requireRoom()).toThrow(ProblemError);
  const refused: unknown = await admission.pass(work).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "overloaded" });
  const answer = problemResponse("overloaded", refused as ProblemError);
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(await metrics.value("requests_shed_total", { operation: "report", reason: "maximum" })).toBe(2);
  release();
  await Promise.all(running);
  expect(admission.inFlight).toBe(0);
});

test("what fails gives its place back, and what it throws is thrown", async () => {
  const { admission } = createRig();
  for (let times = 0; times < 10; times++) {
    const failing = () => admission.pass(() => Promise.reject(new Error("no")));
    await expect(failing()).rejects.toThrow("no");
  }
  expect(admission.inFlight).toBe(0);
  admission.requireRoom();
});

test("a queue that stands lowers the limit, and what is shed for it is counted apart", async () => {
  const { admission, clock, metrics } = createRig({ min: 2, max: 32 });
  const inTurn = async (count: number, ms: number) => {
    for (let each = 0; each < count; each++) {
      await admission.pass(async () => {
        clock.nowMs += ms;
      });
    }
  };
  await inTurn(100, 2);
  expect(await metrics.value("in_flight_limit", { operation: "report" })).toBe(32);
  await inTurn(20, 200);
  expect(await metrics.value("in_flight_limit", { operation: "report" })).toBe(2);
  const { work, release } = held();
  const running = [1, 2].map(() => admission.pass(work));
  await expect(admission.pass(work)).rejects.toThrow(ProblemError);
  expect(await metrics.value("requests_shed_total", { reason: "queueing" })).toBe(1);
  release();
  await Promise.all(running);
});

test("what fails fast does not make the rest look slow", async () => {
  const { admission, clock, metrics } = createRig({ min: 2, max: 32 });
  for (let each = 0; each < 400; each++) {
    const isRefused = each % 2 === 0;
    await admission
      .pass(async () => {
        clock.nowMs += isRefused ? 0.1 : 50;
        if (isRefused) throw new ProblemError("credential_invalid");
      })
      .catch(() => undefined);
  }
  expect(await metrics.value("in_flight_limit", { operation: "report" })).toBe(32);
});
