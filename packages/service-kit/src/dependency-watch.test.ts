import { expect, it } from "vitest";
import { createDependencyWatches } from "./dependency-watch.ts";
import { createLogger } from "./logger.ts";
import { createMetrics } from "./metrics.ts";

class ExpectedError extends Error {
  override readonly name = "ExpectedError";
}

function start() {
  const lines: string[] = [];
  const metrics = createMetrics("test");
  const watchDependency = createDependencyWatches({
    logger: createLogger({ service: "test", write: (line) => lines.push(line) }),
    metrics,
  });
  const watch = watchDependency("acs", (error) => !(error instanceof ExpectedError));
  const work = () => watch.run("redeem", async () => "done");
  const fail = (error: unknown) => watch.run("redeem", () => Promise.reject(error)).catch((thrown) => thrown);
  return { lines, metrics, watchDependency, work, fail };
}

it("says that an outage begins and that it ends, once each", async () => {
  const { lines, work, fail } = start();
  await work();
  for (let n = 0; n < 3; n++) await fail(new TypeError("alice"));
  for (let n = 0; n < 3; n++) await work();
  await fail(new TypeError("alice"));
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: "error", event: "dependency.failed", dependency: "acs", reason: "TypeError" },
    { level: "info", event: "dependency.recovered", dependency: "acs" },
    { level: "error", event: "dependency.failed", dependency: "acs", reason: "TypeError" },
  ]);
  expect(lines.join()).not.toContain("alice");
});

it("hands on what comes of the work, counts failures by reason and times all", async () => {
  const { metrics, work, fail } = start();
  expect(await work()).toBe("done");
  const error = Object.assign(new Error("at 10.0.0.7"), { code: "ECONNREFUSED" });
  expect(await fail(error)).toBe(error);
  expect(
    await metrics.value("dependency_failures_total", { dependency: "acs", reason: "ECONNREFUSED" }),
  ).toBe(1);
  expect(await metrics.value("dependency_seconds_count", { dependency: "acs", operation: "redeem" })).toBe(2);
});

it("takes an answer that was to be expected for no failure, but for the end of one", async () => {
  const { lines, metrics, fail } = start();
  await fail(new ExpectedError());
  expect(lines).toEqual([]);
  await fail(new Error("down"));
  await fail(new ExpectedError());
  expect(lines.map((line) => JSON.parse(line).event)).toEqual(["dependency.failed", "dependency.recovered"]);
  expect(await metrics.value("dependency_failures_total")).toBe(1);
});

it("watches several dependencies, each for itself", async () => {
  const { metrics, watchDependency, fail } = start();
  await fail(new Error("down"));
  await watchDependency("event_log").run("append", async () => undefined);
  expect(await metrics.value("dependency_failures_total", { dependency: "event_log" })).toBe(0);
  expect(await metrics.value("dependency_seconds_count", { operation: "append" })).toBe(1);
});
