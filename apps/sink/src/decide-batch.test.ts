import { createManualClock } from "@dit/service-kit";
import { describe, expect, it } from "vitest";
import { decideBatch } from "./decide-batch.ts";
import { encodeIntent, MAX_INTENT_CHARACTERS } from "./intent.ts";
import type { SinkRecord } from "./sink-record.ts";

const unused = () => Promise.reject(new Error("no use case is listed"));
const parts = {
  clock: createManualClock(Date.UTC(2026, 10, 20)),
  schemas: { current: async () => undefined, at: unused, forget: () => undefined },
  salts: { prepare: unused, lease: unused, destroyExpired: unused, wipe: () => undefined },
};

function recordOf(offset: number): SinkRecord {
  const report = {
    useCase: `use_case_with_a_rather_long_name_${offset}`,
    schemaVersion: 1,
    epoch: 1,
    epochSeconds: 1,
    reportId: "",
    ingestDay: "2026-11-20",
    mayRepeat: false,
    pseudonym: new Uint8Array(16),
    events: [],
  };
  return { offset, report };
}

describe("decideBatch", () => {
  it("takes fewer records if its decisions would not fit beside the offset", async () => {
    const { records, intent } = await decideBatch(
      parts,
      Array.from({ length: 500 }, (_, offset) => recordOf(offset)),
    );
    expect(encodeIntent(intent).length).toBeLessThanOrEqual(MAX_INTENT_CHARACTERS);
    expect(records.length).toBeGreaterThan(40);
    expect(intent.to).toBe(records.length);
    expect(intent.day).toBe("2026-11-20");
  });
});
