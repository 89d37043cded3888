import { describe, expect, it } from "vitest";
import { runGate } from "./run-gate.ts";

const root = process.cwd();
const node = (code: string) => ["node", "-e", code] as const;

describe("runGate", () => {
  it("passes a command that exits 0", async () => {
    const result = await runGate({ name: "a", command: node("") }, root);
    expect(result).toMatchObject({ name: "a", passed: true, output: "" });
  });

  it("fails a command that exits otherwise, with what it printed", async () => {
    const code = "console.log('out'); console.error('err'); process.exitCode = 3";
    const { passed, output } = await runGate({ name: "a", command: node(code) }, root);
    expect(passed).toBe(false);
    expect(output.split("\n").toSorted()).toEqual(["err", "out"]);
  });

  it("fails a command that a signal ended", async () => {
    const result = await runGate({ name: "a", command: node("process.kill(process.pid, 'SIGKILL')") }, root);
    expect(result.passed).toBe(false);
  });

  it("fails a command that does not exist", async () => {
    const result = await runGate({ name: "a", command: ["no-such-program"] }, root);
    expect(result).toMatchObject({ passed: false, output: expect.stringContaining("ENOENT") });
  });
});
