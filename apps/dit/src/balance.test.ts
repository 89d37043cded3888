import { describe, expect, it } from "vitest";
import { balanceOf } from "./balance.ts";
import type { PipelineCounts, StoredCounts } from "./pipeline/pipeline-account.ts";

const counts: PipelineCounts = {
  tokensIssued: 3,
  reportsAccepted: 10,
  reportsRejected: {},
  duplicates: 1,
  eventsAccepted: 200,
};
const nothing: StoredCounts = {
  rowsInserted: 0,
  deadLettered: 0,
  deduplicated: 0,
  reportsDealtWith: 0,
  pending: 0,
};
const all: StoredCounts = {
  rowsInserted: 180,
  deadLettered: 15,
  deduplicated: 5,
  reportsDealtWith: 10,
  pending: 0,
};

describe("balanceOf", () => {
  it("holds when every accepted report and event is accounted for", () => {
    expect(balanceOf(counts, all, nothing)).toEqual({ balanced: true, reasons: [] });
  });

  it("counts from what was stored before", () => {
    const before: StoredCounts = {
      rowsInserted: 7,
      deadLettered: 1,
      deduplicated: 2,
      reportsDealtWith: 4,
      pending: 0,
    };
    const after: StoredCounts = {
      rowsInserted: 187,
      deadLettered: 16,
      deduplicated: 7,
      reportsDealtWith: 14,
      pending: 0,
    };
    expect(balanceOf(counts, after, before).balanced).toBe(true);
  });

  it.each<[string, Partial<StoredCounts>]>([
    ["a row is missing", { rowsInserted: 179 }],
    ["a row is there twice", { rowsInserted: 181 }],
    ["a dead letter was not counted", { deadLettered: 14 }],
    ["a report is missing", { reportsDealtWith: 9 }],
    ["a report waits", { reportsDealtWith: 9, pending: 1 }],
  ])("does not hold when %s", (_, change) => {
    expect(balanceOf(counts, { ...all, ...change }, nothing).balanced).toBe(false);
  });
});
