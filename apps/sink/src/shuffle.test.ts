import { describe, expect, it } from "vitest";
import { shuffle } from "./shuffle.ts";

const inOrder = Array.from({ length: 1_000 }, (_, index) => index);
const salt = new Uint8Array(32).fill(1);

function shuffled(name: string, ...salts: Uint8Array[]): number[] {
  const rows = [...inOrder];
  shuffle(rows, name, salts);
  return rows;
}

describe("shuffle", () => {
  it("keeps every row, and leaves few next to where they were", () => {
    const rows = shuffled("batch", salt);
    expect(rows.toSorted((a, b) => a - b)).toEqual(inOrder);
    expect(rows.filter((row, index) => Math.abs(row - index) < 10).length).toBeLessThan(60);
  });

  it("is the same for a replay, another for another batch or salt", () => {
    expect(shuffled("batch", salt)).toEqual(shuffled("batch", salt));
    expect(shuffled("batch", salt)).not.toEqual(shuffled("other", salt));
    expect(shuffled("batch", salt)).not.toEqual(shuffled("batch", new Uint8Array(32)));
  });

  it("takes no rows and one row", () => {
    const one = ["a"];
    shuffle(one, "batch", [salt]);
    shuffle([], "batch", [salt]);
    expect(one).toEqual(["a"]);
  });
});
