import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { interleave, rateOf } from "./interleave.ts";
import { median } from "./judge.ts";
import type { Measurement, Row, Target } from "./row.ts";
import { runTable } from "./run-table.ts";

const row = (name: string, target: Target, measure: () => Measurement): Row => ({
  ...{ name, what: `what ${name} is`, against: "a peer", target },
  measure: async () => measure(),
});
const turns = (...pairs: [ours: number, peer: number][]): Measurement => ({
  unit: "rows/s",
  turns: pairs.map(([ours, peer]) => ({ ours, peer })),
});
/** Ratios of 3, 2 and 2.5 on a machine that gets slower: the ratio of the medians would be 2. */
const slowing = turns([900, 300], [400, 200], [100, 40]);

async function run(rows: readonly Row[], ...args: string[]) {
  const lines: string[] = [];
  const met = await runTable(rows, args, { print: (line) => lines.push(line), say: () => undefined });
  return { met, lines, lineOf: (name: string) => lines.find((line) => line.startsWith(`${name} `)) ?? "" };
}

describe("the table", () => {
  it("takes the median of the ratios turn by turn, with their range", async () => {
    const { met, lineOf } = await run([row("slowing", { leastRatio: 2.5 }, () => slowing)]);
    expect(met).toBe(true);
    expect(lineOf("slowing")).toMatch(/400 rows\/s +200 +2\.50x \(2\.00x-3\.00x\) +>= 2\.5x +met$/);
  });

  it.each<[what: string, target: Target, measure: () => Measurement, mark: string]>([
    ["a ratio below its target", { leastRatio: 2.51 }, () => slowing, "MISSED"],
    ["more than may be", { mostOurs: 399 }, () => slowing, "MISSED"],
    ["figures that are none", { leastRatio: 0 }, () => turns([0, 0]), "MISSED"],
    ["no turns", { leastRatio: 0 }, () => turns(), "MISSED"],
    ["a row's own no", { own: "all of it" }, () => ({ met: false }), "MISSED"],
    [
      "a row that fails",
      { leastRatio: 1 },
      () => {
        throw new Error("the two sides differ");
      },
      "FAILED",
    ],
  ])("marks %s, and answers no", async (_what, target, measure, mark) => {
    const good = row("good", { mostOurs: 400 }, () => slowing);
    const { met, lineOf } = await run([row("bad", target, measure), good]);
    expect(met).toBe(false);
    expect(lineOf("bad").endsWith(mark)).toBe(true);
    expect(lineOf("good").endsWith(" met")).toBe(true);
  });

  it("says why a row is not measured, which misses nothing", async () => {
    const { met, lines, lineOf } = await run([
      row("c", { leastRatio: 1 }, () => ({ notMeasured: "no compiler is here" })),
    ]);
    expect(met).toBe(true);
    expect(lineOf("c").endsWith("not measured")).toBe(true);
    expect(lines).toContain("c: against a peer. no compiler is here");
  });

  it("runs the rows that are named, and knows no others", async () => {
    const never = row("never", { leastRatio: 1 }, () => {
      throw new Error("nobody asked for it");
    });
    const rows = [row("slowing", { leastRatio: 1 }, () => slowing), never];
    expect((await run(rows, "slowing")).met).toBe(true);
    await expect(run(rows, "slow")).rejects.toThrow("there is no row slow; there are slowing, never");
  });

  it("writes machine, versions, figures and turns as JSON", async () => {
    const directory = mkdtempSync(join(tmpdir(), "dit-bench-"));
    try {
      const file = join(directory, "table.json");
      await run([row("slowing", { leastRatio: 3 }, () => slowing)], "--json", file);
      const { machine, results } = JSON.parse(readFileSync(file, "utf8"));
      expect(machine).toMatchObject({ node: process.version, cores: expect.any(Number) });
      expect(Object.values(machine.packages)).not.toContain("unknown");
      expect(results).toMatchObject([
        { name: "slowing", outcome: "missed", figures: { ratio: 2.5, lowestRatio: 2, highestRatio: 3 } },
      ]);
      expect(results[0].figures.turns).toHaveLength(3);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

it("the median of an even number of values lies between the middle two", () => {
  expect(median([9, 1, 3, 2])).toBe(2.5);
  expect(median([9, 1, 3])).toBe(3);
  expect(median([])).toBeNaN();
});

it("interleaves: both sides warm up, and each is first in every other turn", async () => {
  const order: string[] = [];
  const side = (name: string, figure: number) => async () => {
    order.push(name);
    return figure + order.length;
  };
  const measured = await interleave({ ours: side("o", 100), peer: side("p", 200) }, 2);
  expect(order.join("")).toBe("op" + "op" + "po");
  expect(measured).toEqual([
    { ours: 103, peer: 204 },
    { ours: 106, peer: 205 },
  ]);
});

it("a rate is units by the time that was really spent", async () => {
  let seconds = 5;
  const run = async () => {
    seconds += 0.1;
  };
  expect(await rateOf(run, 32, () => seconds)()).toBeCloseTo((3 * 32) / 0.3);
});
