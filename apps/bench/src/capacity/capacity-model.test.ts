import { describe, expect, it } from "vitest";
import { DEFAULT_ASSUMPTIONS } from "./assumptions.ts";
import { capacityModel } from "./capacity-model.ts";
import { capacityTables } from "./capacity-tables.ts";
import type { UnitCosts } from "./unit-costs.ts";

const COSTS: UnitCosts = {
  acsSecondsPerIssueRequest: 0.001,
  acsSecondsPerToken: 0.0001,
  acsSecondsPerReport: 0.0002,
  edgeSecondsPerReport: 0.0001,
  ingestSecondsPerReport: 0.0003,
  sinkSecondsPerEvent: 0.00001,
  redisSecondsPerIssueRequest: 0.00001,
  redisSecondsPerReport: 0.00002,
  kafkaSecondsPerReport: 0.00005,
  warehouseSecondsPerEvent: 0.000005,
  redisBytesPerToken: 200,
  redisBytesPerAccount: 100,
  requestBytesPerReport: 2_000,
  logBytesPerReport: 3_000,
  warehouseBytesPerEvent: 30,
};
/** So that a day's rates are easy: 86,400 clients do once a second what each does once a day. */
const CLIENTS = 86_400;
const given = { ...DEFAULT_ASSUMPTIONS, peakFactor: 1, coreUtilisation: 0.5 };

describe("the capacity model", () => {
  const amountOf = (what: string, clients = CLIENTS) => {
    const line = capacityModel(COSTS, given).find((each) => each.what === what);
    if (line === undefined) throw new Error(`no line is called ${what}`);
    return line.of(clients);
  };

  it.each([
    ["requests for tokens", 1],
    ["tokens", 8],
    ["reports", 8],
    ["events", 160],
    ["ACS", (1 * 0.001 + 8 * 0.0001 + 8 * 0.0002) / 0.5],
    ["edge", (8 * 0.0001) / 0.5],
    ["ingest", (8 * 0.0003) / 0.5],
    ["sink", (160 * 0.00001) / 0.5],
    ["Redis", (1 * 0.00001 + 8 * 0.00002) / 0.5],
    ["Kafka", (8 * 0.00005 * 3) / 0.5],
    ["ClickHouse, inserts", (160 * 0.000005 * 2) / 0.5],
    ["Redis, tokens", 86_400 * 1 * 1.05 * 200 * 2],
    ["Redis, quotas", 86_400 * 2 * 100 * 2],
    ["into the edge", 8 * 2_000],
    ["into Kafka, replication included", 8 * 3_000 * 3],
    ["Kafka's disk", 86_400 * 8 * 3_000 * 1 * 3],
    ["ClickHouse's disk", 86_400 * 8 * 20 * 30 * 90 * 2],
  ])("%s", (what, expected) => {
    expect(amountOf(what)).toBeCloseTo(expected, 9);
  });

  it("grows with the clients, line by line, and has no other lines", () => {
    const lines = capacityModel(COSTS, given);
    expect(lines).toHaveLength(17);
    for (const { of } of lines) expect(of(10 * CLIENTS) / of(CLIENTS)).toBeCloseTo(10, 9);
  });

  it("needs no more at the peak for what rests, and as much more for what happens then", () => {
    const atPeak = capacityModel(COSTS, { ...given, peakFactor: 4 });
    for (const [index, line] of capacityModel(COSTS, given).entries()) {
      const ratio = (atPeak[index]?.of(CLIENTS) ?? 0) / line.of(CLIENTS);
      expect(ratio, line.what).toBeCloseTo(line.unit === "bytes" ? 1 : 4, 9);
    }
  });
});

it("the tables show every cost, every assumption and every line, to two digits", () => {
  const run = { machine: "a machine", loadAverage: 0.4, evaluationSeconds: 0.00006 };
  const measured = { ...run, eventsPerReport: 20, reportsPerToken: 8, costs: COSTS };
  const tables = capacityTables(measured, given, [CLIENTS]);
  expect(tables["measured-costs"]).toContain("| ACS, request for tokens | 1,000 µs |");
  expect(tables["measured-costs"]).toContain(
    "One run: a machine, load average 0.4; reports of 20 events, 8 reports",
  );
  expect(tables["measured-costs"]).toContain("evaluation took 60 µs");
  expect(tables["measured-costs"]?.match(/^\| /gm)).toHaveLength(1 + Object.keys(COSTS).length);
  expect(tables.assumptions?.match(/^\| `/gm)).toHaveLength(Object.keys(given).length);
  expect(tables.capacity).toContain("| disk and network | ClickHouse's disk | ");
  expect(tables.capacity).toContain("| 75 GB |");
  expect(tables.capacity).toContain("86,400 clients");
});
