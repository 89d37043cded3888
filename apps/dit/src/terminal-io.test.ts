import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { createTerminalIo, type Terminal } from "./terminal-io.ts";

class FakeStream extends EventEmitter {
  written = "";
  readonly columns = 20;
  readonly isTTY: boolean;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  write(text: string): boolean {
    this.written += text;
    return true;
  }
}

function createFake(isTTY = false) {
  const process = new EventEmitter();
  const exits: number[] = [];
  const stdout = new FakeStream(isTTY);
  const stderr = new FakeStream(isTTY);
  const clock = { nowMs: 0 };
  const exit = (code: number) => exits.push(code);
  const terminal = Object.assign(process, { env: {}, stdout, stderr, exit }) as unknown as Terminal;
  return { io: createTerminalIo(terminal, () => clock.nowMs), process, stdout, stderr, exits, clock };
}

describe("progress", () => {
  it("takes the place of the line before on a terminal, never longer than it is wide", () => {
    const { io, stdout, stderr } = createFake(true);
    io.progress("one");
    io.progress("a line that is longer than the terminal is wide");
    io.out("done");
    expect(stderr.written).toBe("\r\x1b[Kone\r\x1b[Ka line that is long\r\x1b[K");
    expect(stdout.written).toBe("done\n");
  });

  it("is a line every 10 s elsewhere", () => {
    const { io, stderr, clock } = createFake();
    for (clock.nowMs = 0; clock.nowMs < 25_000; clock.nowMs += 2_000) io.progress(String(clock.nowMs));
    expect(stderr.written).toBe("0\n10000\n20000\n");
  });
});

describe("the stop signal", () => {
  it("aborts at the first signal; the same one passed on by pnpm changes nothing, a later one ends the process", () => {
    const { io, process, exits, clock } = createFake();
    const signal = io.stopSignal();
    expect(signal.aborted).toBe(false);
    process.emit("SIGINT");
    clock.nowMs += 100;
    process.emit("SIGINT");
    expect([signal.aborted, exits]).toEqual([true, []]);
    clock.nowMs += 1_000;
    process.emit("SIGTERM");
    expect(exits).toEqual([1]);
  });
});

describe("output that nobody reads any more", () => {
  const closed = Object.assign(new Error("closed"), { code: "EPIPE" });

  it("ends a command at once and quietly", () => {
    const { stdout, exits } = createFake();
    stdout.emit("error", closed);
    expect(exits).toEqual([0]);
  });

  it("stops one that has to clean up", () => {
    const { io, stdout, exits } = createFake();
    const signal = io.stopSignal();
    stdout.emit("error", closed);
    expect([signal.aborted, exits]).toEqual([true, []]);
  });
});
