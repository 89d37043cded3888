import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runCommand } from "../src/command-line.ts";
import { createFleet, type Fleet } from "../src/distributed/fleet.ts";
import { type LocalEngines, startLocalEngines } from "../src/distributed/local-engines.ts";
import { createTestIo } from "./support/test-io.ts";
import { until } from "./support/until.ts";

const SECRET = "s".repeat(43);
const MADE = [
  "schema of documents",
  "topic reports, 3 partitions",
  "topic dead-letters, 3 partitions",
  "table dit.dead_letters",
  "table dit.reid_alerts",
  "table dit.reid_containments",
  "table dit.reid_curves",
  "table dit.reid_scores",
  "table dit.sink_ledger",
  "table dit.sink_repeats",
];

let directory: string;
let engines: LocalEngines;
let fleet: Fleet;
const cleanup = new AsyncDisposableStack();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dit-migrate-"));
  cleanup.defer(() => rm(directory, { recursive: true, force: true }));
  engines = await startLocalEngines({ redis: false, postgres: true }, directory, cleanup);
  await mkdir(join(directory, "logs"));
  fleet = createFleet(
    {
      engines: {
        eventLog: engines.kafka.url,
        warehouse: engines.clickhouse.url,
        counters: undefined,
        documents: engines.postgres?.url,
      },
      dataDirectory: join(directory, "embedded"),
      secrets: {
        keyEncryptionKey: Buffer.alloc(32, 1).toString("base64url"),
        serviceSecret: SECRET,
        adminSecret: SECRET,
        monitorSecret: SECRET,
        edgeSecret: SECRET,
      },
      shared: { ENVIRONMENT: "development", LOG_LEVEL: "warn" },
      variables: {},
    },
    join(directory, "logs"),
  );
  cleanup.defer(() => fleet.stop());
});
afterAll(() => cleanup.disposeAsync());

async function migrate(...args: string[]) {
  const io = createTestIo({
    DIT_ACS_DOCUMENTS_URL: engines.postgres?.url,
    DIT_INGEST_EVENT_LOG_URL: engines.kafka.url,
    DIT_SINK_WAREHOUSE_URL: engines.clickhouse.url,
  });
  const exitCode = await runCommand(["migrate", ...args], io);
  return { exitCode, lines: io.lines, errors: io.errors };
}

async function dependenciesOf(name: string): Promise<Record<string, { ok: boolean; reason?: string }>> {
  const response = await fetch(`${fleet.service(name).plan.adminUrl}/readyz`);
  return ((await response.json()) as { dependencies: Record<string, { ok: boolean; reason?: string }> })
    .dependencies;
}

it("is what services that were started before it ask for, and go on after by themselves", async () => {
  for (const kind of ["acs", "ingest", "sink"] as const) await (await fleet.add(kind)).start();
  const missing = { ok: false, reason: "run_dit_migrate" };
  const isMissing = (name: string, dependency: string) =>
    until(
      async () => (await dependenciesOf(name))[dependency]?.reason === missing.reason,
      30_000,
      `${name} does not miss ${dependency}`,
    );
  await isMissing("acs-1", "documents");
  await isMissing("ingest-1", "event_log");
  await isMissing("sink-1", "event_log");
  await isMissing("sink-1", "documents");

  // Two at once, as two operators or two restarts of a stack may do.
  const both = await Promise.all([migrate("--partitions", "3"), migrate("--partitions", "3")]);
  for (const { exitCode, lines, errors } of both) {
    expect([exitCode, errors]).toEqual([0, []]);
    expect(lines.map((line) => line.slice("was there".length).trim())).toEqual(MADE);
  }
  for (const { name } of fleet.services) await fleet.service(name).untilReady();
  expect(await fleet.failures()).toEqual([]);
});

it("finds everything there when it runs again, and keeps an existing topic's partitions", async () => {
  const again = await migrate("--partitions", "5", "--retention-hours", "1");
  expect(again.exitCode).toBe(0);
  expect(again.lines).toEqual([
    "was there  schema of documents",
    "was there  topic reports, 3 partitions: it keeps its own, not 5",
    "was there  topic dead-letters, 3 partitions: it keeps its own, not 5",
    ...MADE.slice(3).map((table) => `was there  ${table}`),
  ]);
});

it("says which store it cannot migrate, and shows no password", async () => {
  const password = new URL(engines.postgres?.url ?? "").password;
  await engines.postgres?.stop();
  const { exitCode, lines, errors } = await migrate();
  await engines.postgres?.start();
  expect([exitCode, lines]).toEqual([1, []]);
  expect(errors.join()).toMatch(/^dit: documents could not be migrated: documents \(postgres\): the server/);
  expect(errors.join()).not.toContain(password);
});
