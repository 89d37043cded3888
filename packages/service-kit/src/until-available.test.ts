import { expect, it } from "vitest";
import { ProblemError } from "./problem-error.ts";
import { untilAvailable } from "./until-available.ts";

function setting(failures: readonly unknown[]) {
  const said: string[] = [];
  const left = [...failures];
  const stopping = new AbortController();
  const outage = { failed: () => said.push("failed"), worked: () => said.push("worked") };
  const work = async () => {
    if (left.length > 0) throw left.shift();
    return "done";
  };
  const run = () => untilAvailable(work, { signal: stopping.signal, outage, retryMs: 1 });
  return { said, stopping, run };
}

const away = new ProblemError("dependency_unavailable");

it("waits for what is not there, and says so", async () => {
  const { said, run } = setting([away, away]);
  expect(await run()).toBe("done");
  expect(said).toEqual(["failed", "failed", "worked"]);
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
  const { stopping, run } = setting(Array.from({ length: 1_000_000 }, () => away));
  const waiting = run();
  stopping.abort();
  await expect(waiting).rejects.toThrow("abort");
  const late = setting([]);
  late.stopping.abort();
  await expect(late.run()).rejects.toThrow("abort");
});
