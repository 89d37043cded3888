import { expect, it } from "vitest";
import { createLogger } from "./logger.ts";
import { ProblemError } from "./problem-error.ts";
import { untilAvailable } from "./until-available.ts";

function setting(failures: readonly unknown[]) {
  const said: unknown[] = [];
  const left = [...failures];
  const stopping = new AbortController();
  const logger = createLogger({ service: "test", write: (line) => said.push(JSON.parse(line)) });
  const work = async () => {
    if (left.length > 0) throw left.shift();
    return "done";
  };
  const run = () => untilAvailable(work, { dependency: "acs", signal: stopping.signal, logger, retryMs: 1 });
  return { said, stopping, run };
}

const away = (code: string) =>
  new ProblemError("dependency_unavailable", { cause: Object.assign(new Error("hunter2"), { code }) });

it("waits for what is not there, and says why, once", async () => {
  const refused = away("ECONNREFUSED");
  const { said, run } = setting([refused, refused, refused, away("run_dit_migrate")]);
  expect(await run()).toBe("done");
  const waiting = { event: "service.waiting", level: "warn", dependency: "acs" };
  expect(said).toMatchObject([
    { ...waiting, reason: "ECONNREFUSED" },
    { ...waiting, reason: "run_dit_migrate" },
  ]);
});

it.each([new ProblemError("service_unauthenticated"), new Error("wrong key")])(
  "does not wait for what will not pass: %s",
  async (error) => {
    const { said, run } = setting([error]);
    await expect(run()).rejects.toBe(error);
    expect(said).toEqual([]);
  },
);

it("ends with its signal, while it waits and while it works", async () => {
  const { stopping, run } = setting(Array.from({ length: 1_000 }, () => away("ECONNREFUSED")));
  const waiting = run();
  stopping.abort();
  await expect(waiting).rejects.toThrow("abort");
  const late = setting([]);
  late.stopping.abort();
  await expect(late.run()).rejects.toThrow("abort");
});
