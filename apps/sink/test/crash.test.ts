import type { AcceptedReport } from "@dit/protocol";
import { describe, expect, it } from "vitest";
import { createFailingPorts } from "./failing-ports.ts";
import {
  append,
  createTestAcs,
  createTestSink,
  drained,
  makeReport,
  makeUseCase,
  opened,
  type Ports,
  runUntilDrained,
  until,
} from "./harness.ts";
import { useTestStores } from "./use-test-stores.ts";

const stores = useTestStores();
const useCase = makeUseCase();

/** Two batches with everything that a batch can hold; the report marked as a repeat comes back in the second one. */
function makeWorkload(): AcceptedReport[] {
  const marked = makeReport(useCase.useCase, { mayRepeat: true });
  const original = makeReport(useCase.useCase);
  const bad = makeReport(useCase.useCase, { events: [opened(), opened({ items: "x" })] });
  return [
    original,
    marked,
    bad,
    makeReport("a_stranger"),
    { ...marked, mayRepeat: false },
    makeReport(useCase.useCase),
    { ...original, mayRepeat: true },
  ];
}

/** How often each report of the workload is in each table, and what the ledger says. */
async function outcome(ports: Ports, reports: readonly AcceptedReport[]) {
  const reportIds = [...new Set(reports.map(({ reportId }) => reportId))];
  const count = async (table: string) => {
    const rows = await stores.warehouse.query<{ id: string; rows: number }>(
      `SELECT replaceAll(toString(report_id), '-', '') AS id, toUInt32(count()) AS rows FROM dit.${table}
      WHERE has({reportIds:Array(String)}, replaceAll(toString(report_id), '-', '')) GROUP BY report_id`,
      { reportIds },
    );
    const byId = new Map(rows.map(({ id, rows: stored }) => [id, stored]));
    return reportIds.map((id) => byId.get(id) ?? 0);
  };
  const [partition] = await ports.eventLog.progress("reports", "sink");
  const ledger = await stores.warehouse.query(
    `SELECT toUInt32(sum(l.records)) AS records, toUInt32(sum(l.events)) AS events, toUInt32(sum(l.inserted)) AS inserted,
      toUInt32(sum(l.dead_lettered)) AS deadLettered, toUInt32(sum(l.deduplicated)) AS deduplicated
    FROM dit.sink_ledger AS l WHERE topic_id = {topicId:String}`,
    { topicId: partition?.topicId },
  );
  return {
    opened: await count(`${useCase.useCase}__opened`),
    failed: await count(`${useCase.useCase}__failed`),
    deadLetters: await count("dead_letters"),
    ledger,
  };
}

const settings = { batch: { maxEvents: 7, maxWaitMs: 5 }, retry: { minMs: 1, maxMs: 2 } };

/** One life whose n-th write fails, and one after it. Answers how many writes the first life made. */
async function liveTwice(failAt: number, kind: "crash" | "lost answer") {
  const ports = await stores.open();
  const acs = await createTestAcs(useCase);
  const reports = makeWorkload();
  await append(ports.eventLog, reports);
  const failing = createFailingPorts(ports, failAt, kind);
  const { sink } = await createTestSink(failing, acs.directory, { settings });
  await sink.start();
  const crashed = until(async () => kind === "crash" && failing.calls() > failAt);
  await Promise.race([drained(ports), crashed]);
  await sink.stop();
  // Batches of another size: only the intent makes it take the same range again.
  const next = { ...settings, batch: { maxEvents: 100, maxWaitMs: 5 } };
  await runUntilDrained(ports, await createTestSink(ports, acs.directory, { settings: next }));
  return { calls: failing.calls(), outcome: await outcome(ports, reports) };
}

const EXACT = {
  opened: [1, 1, 1, 0, 1],
  failed: [1, 1, 0, 0, 1],
  deadLetters: [0, 0, 1, 1, 0],
  ledger: [{ records: 7, events: 14, inserted: 7, deadLettered: 3, deduplicated: 4 }],
};

describe("every event is in exactly one place", () => {
  it.each(["crash", "lost answer"] as const)(
    "after a %s at any write",
    async (kind) => {
      let failures = 0;
      for (let calls = Number.POSITIVE_INFINITY; failures < calls; ) {
        failures += 1;
        const life = await liveTwice(failures, kind);
        expect(life.outcome, `${kind} at write ${failures}`).toEqual(EXACT);
        calls = life.calls;
      }
      expect(failures).toBeGreaterThan(15);
    },
    60_000,
  );
});
