import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const main = fileURLToPath(new URL("../test/fixtures/service-main.ts", import.meta.url));

/** A service process, its output so far, and its exit code (or the signal that ended it). */
function run(env: Record<string, string>) {
  const child = spawn(process.execPath, [main], { env: { PATH: process.env.PATH ?? "", ...env } });
  const output = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.err += text;
  });
  const exited = once(child, "close").then(([code, signal]) => code ?? signal);
  const says = async (text: string) => {
    while (!output.out.includes(text)) await once(child.stdout, "data");
  };
  return { child, output, exited, says };
}

const runs = { DIT_FIXTURE_MODE: "runs", DIT_FIXTURE_LIMIT: "1" };

describe.concurrent("a service process", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("stops once on %s and exits with 0", async (signal) => {
    const { child, output, exited, says } = run(runs);
    await says("started");
    child.kill(signal);
    expect(await exited).toBe(0);
    expect(output).toEqual({ out: "started\nstopping\nstopped\n", err: "" });
  });

  it("stops while it still waits for what it needs", async () => {
    const { child, output, exited, says } = run({ ...runs, DIT_FIXTURE_MODE: "waits" });
    await says("waiting");
    child.kill("SIGTERM");
    expect(await exited).toBe(0);
    expect(output).toEqual({ out: "waiting\nstopping\nstopped\n", err: "" });
  });

  it("exits at once on a second signal while stopping", async () => {
    const { child, exited, says } = run({ ...runs, DIT_FIXTURE_MODE: "hangs" });
    await says("started");
    child.kill("SIGTERM");
    await says("stopping");
    child.kill("SIGTERM");
    expect(await exited).toBe(1);
  });

  it("exits with 2 and every problem of its configuration, but no value", async () => {
    const { output, exited } = run({ DIT_FIXTURE_MODE: "hunter2", DIT_FIXTURE_LIMTI: "hunter2" });
    expect(await exited).toBe(2);
    for (const name of [
      "DIT_FIXTURE_MODE",
      "DIT_FIXTURE_LIMIT: is required",
      "did you mean DIT_FIXTURE_LIMIT?",
    ]) {
      expect(output.err).toContain(name);
    }
    expect(output.err).not.toContain("hunter2");
  });

  it.each([
    ["fails", "failed: TypeError", "hunter2"],
    ["crashes", "crashed: RangeError", "alice"],
  ])("that %s exits with 1, and names reason and place but not the message", async (mode, shown, hidden) => {
    const { output, exited } = run({ ...runs, DIT_FIXTURE_MODE: mode });
    expect(await exited).toBe(1);
    expect(output.err).toContain(shown);
    expect(output.err).toContain("service-main.ts");
    expect(output.err).not.toContain(hidden);
  });
});
