import { createLogger } from "@dit/service-kit";
import { describe, expect, it } from "vitest";
import { createSchemas } from "../src/schemas.ts";
import {
  append,
  createTestAcs,
  createTestSink,
  drained,
  makeReport,
  makeUseCase,
  opened,
  rowsOf,
  runUntilDrained,
} from "./harness.ts";
import { useTestStores } from "./use-test-stores.ts";

const stores = useTestStores();

function columnsOf(useCase: string) {
  return stores.warehouse.query<{ name: string; type: string; comment: string }>(
    "SELECT name, type, comment FROM system.columns WHERE database = 'dit' AND table = {table:String} ORDER BY position",
    { table: `${useCase}__opened` },
  );
}

async function engineOf(useCase: string): Promise<string> {
  const [row] = await stores.warehouse.query<{ engine: string }>(
    "SELECT engine_full AS engine FROM system.tables WHERE database = 'dit' AND name = {table:String}",
    { table: `${useCase}__opened` },
  );
  return row?.engine ?? "";
}

describe("tables follow the use-case document", () => {
  it("are typed, described, partitioned and expired by ingest day", async () => {
    const ports = await stores.open();
    const useCase = makeUseCase({ retentionDays: 30, purpose: "it's a \\ test" });
    const acs = await createTestAcs(useCase);
    await append(ports.eventLog, [makeReport(useCase.useCase)]);
    await runUntilDrained(ports, await createTestSink(ports, acs.directory));

    const columns = await columnsOf(useCase.useCase);
    expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      "ingest_day Date",
      "at DateTime('UTC')",
      "epoch UInt32",
      "pid UUID",
      "report_id UUID",
      "batch UInt64",
      "cold Nullable(Bool)",
      "items Nullable(Int64)",
      "duration Nullable(Float64)",
      "screen LowCardinality(Nullable(String))",
      "locale Nullable(String)",
    ]);
    expect(columns.find(({ name }) => name === "duration")?.comment).toBe("Until the first frame [ms]");
    const engine = await engineOf(useCase.useCase);
    expect(engine).toContain(
      "PARTITION BY ingest_day ORDER BY (at, pid, report_id) TTL ingest_day + toIntervalDay(30)",
    );
    expect(engine).toContain("replicated_deduplication_window");
  });

  it("take new fields, comments and retention while it runs, and keep the column of a field that was removed", async () => {
    const ports = await stores.open();
    const before = makeUseCase();
    const acs = await createTestAcs(before);
    const { sink } = await createTestSink(ports, acs.directory);
    await sink.start();
    await append(ports.eventLog, [makeReport(before.useCase, { events: [opened({ locale: "de" })] })]);
    await drained(ports);

    const fields: Record<string, object> = {
      ...before.events.opened?.fields,
      theme: { type: "string", maxLength: 9 },
    };
    delete fields.locale;
    fields.items = { type: "integer", min: 0, max: 5, description: "Things on the screen" };
    const after = makeUseCase({
      useCase: before.useCase,
      retentionDays: 7,
      events: { opened: { fields } } as never,
    });
    const schemaVersion = await acs.publish(after);
    await append(ports.eventLog, [
      makeReport(before.useCase, { schemaVersion, events: [opened({ theme: "dark", locale: "fr" })] }),
      makeReport(before.useCase, { events: [opened({ items: 99 })] }),
    ]);
    await drained(ports);
    await sink.stop();

    const rows = await rowsOf<Record<string, unknown>>(stores.warehouse, before.useCase, "opened");
    expect(rows.map(({ theme, locale, items }) => ({ theme, locale, items }))).toEqual(
      expect.arrayContaining([
        { theme: null, locale: "de", items: 3 },
        { theme: "dark", locale: null, items: 3 },
        { theme: null, locale: null, items: 99 },
      ]),
    );
    const columns = await columnsOf(before.useCase);
    expect(columns.map(({ name }) => name)).toContain("locale");
    expect(columns.find(({ name }) => name === "items")?.comment).toBe("Things on the screen");
    expect(await engineOf(before.useCase)).toContain("toIntervalDay(7)");
  });

  it("drop a field that was blocked while its values were on their way, count it, and store the rest", async () => {
    const ports = await stores.open();
    const useCase = makeUseCase();
    const acs = await createTestAcs(useCase);
    await append(ports.eventLog, [makeReport(useCase.useCase)]);
    await runUntilDrained(ports, await createTestSink(ports, acs.directory));
    await acs.publish(useCase, { opened: ["locale"] });
    await append(ports.eventLog, [makeReport(useCase.useCase, { events: [opened({ locale: "fr" })] })]);
    const test = await createTestSink(ports, acs.directory);
    await runUntilDrained(ports, test);

    const rows = await rowsOf<Record<string, unknown>>(stores.warehouse, useCase.useCase, "opened");
    expect(rows.map(({ locale }) => locale)).not.toContain("fr");
    expect(rows.map(({ items }) => items)).toEqual([3, 3]);
    expect(await test.metrics.value("fields_blocked_total")).toBe(1);
    expect(await test.metrics.value("fields_dropped_total")).toBe(0);
  });

  it("have views that follow: fields that came, were blocked or cannot be stored, and k", async () => {
    const ports = await stores.open();
    const before = makeUseCase({ privacy: { k: 2 } });
    const { useCase } = before;
    const acs = await createTestAcs(before);
    const { sink } = await createTestSink(ports, acs.directory);
    await sink.start();
    const store = async (fields: Parameters<typeof opened>[0], schemaVersion?: number) => {
      await append(
        ports.eventLog,
        [1, 2].map(() =>
          makeReport(useCase, { ...(schemaVersion && { schemaVersion }), events: [opened(fields)] }),
        ),
      );
      await drained(ports);
    };
    const by = (field: string) =>
      stores.warehouse.query<object>(
        `SELECT ${field}, suppressed, toUInt32(clients) AS clients FROM dit_views.${useCase}__opened(by = ['${field}']) ORDER BY ALL`,
      );
    await store({ locale: "de" });
    expect(await by("locale")).toEqual([{ locale: "de", suppressed: false, clients: 2 }]);
    await expect(by("theme")).rejects.toThrow("UNKNOWN_IDENTIFIER");

    const fields = {
      ...before.events.opened?.fields,
      theme: { type: "string", maxLength: 9 },
      items: { type: "string", maxLength: 9 },
    } as const;
    const after = makeUseCase({ useCase, privacy: { k: 2 }, events: { opened: { fields } } });
    await store({ theme: "dark" }, await acs.publish(after));
    expect(await by("theme")).toContainEqual({ theme: "dark", suppressed: false, clients: 2 });
    await expect(by("items")).rejects.toThrow("UNKNOWN_IDENTIFIER");

    await store({}, await acs.publish(after, { opened: ["locale"] }));
    await expect(by("locale")).rejects.toThrow("UNKNOWN_IDENTIFIER");
    await store({}, await acs.publish(makeUseCase({ ...after, privacy: { k: 3 } })));
    expect(await by("theme")).not.toContainEqual(expect.objectContaining({ theme: "dark" }));
    await sink.stop();
  });

  it("have views that another release makes anew, also where the newest batch is made again first", async () => {
    const ports = await stores.open();
    const useCase = makeUseCase();
    const acs = await createTestAcs(useCase);
    await append(ports.eventLog, [makeReport(useCase.useCase)]);
    await runUntilDrained(ports, await createTestSink(ports, acs.directory));
    const view = `dit_views.${useCase.useCase}__opened`;
    await stores.warehouse.command(
      `CREATE OR REPLACE VIEW ${view} AS SELECT 1 AS old COMMENT 'another release'`,
    );
    const schemas = createSchemas({
      ...ports,
      directory: acs.directory,
      logger: createLogger({ service: "sink", write: () => undefined }),
    });
    await schemas.at(useCase.useCase, 1);
    await schemas.current(useCase.useCase, 1);
    const answer = () => stores.warehouse.query(`SELECT clients, events FROM ${view}(by = [])`);
    expect(await answer()).toEqual([{ clients: null, events: null }]);

    // Of a release that made none.
    await stores.warehouse.command("DROP DATABASE dit_views SYNC");
    await append(ports.eventLog, [makeReport(useCase.useCase)]);
    await runUntilDrained(ports, await createTestSink(ports, acs.directory));
    expect(await answer()).toEqual([{ clients: null, events: null }]);
  });

  it("ask ACS for a version that the directory does not have yet", async () => {
    const ports = await stores.open();
    const useCase = makeUseCase();
    const acs = await createTestAcs();
    const { sink } = await createTestSink(ports, {
      ...acs.directory,
      get: acs.directory.get,
      refresh: () => acs.publish(useCase).then(() => undefined),
    });
    await append(ports.eventLog, [makeReport(useCase.useCase)]);
    await sink.start();
    await drained(ports);
    await sink.stop();
    expect(await rowsOf(stores.warehouse, useCase.useCase, "opened")).toHaveLength(1);
  });

  it("keep a column's type: values of another are dropped, counted and reported, the rest is stored", async () => {
    const ports = await stores.open();
    const before = makeUseCase();
    const acs = await createTestAcs(before);
    await append(ports.eventLog, [makeReport(before.useCase)]);
    await runUntilDrained(ports, await createTestSink(ports, acs.directory));
    const schemaVersion = await acs.publish(
      makeUseCase({
        useCase: before.useCase,
        events: {
          opened: {
            fields: { items: { type: "string", maxLength: 9 }, screen: { type: "string", maxLength: 9 } },
          },
        },
      }),
    );
    const events = [{ ...opened(), fields: { items: "three", screen: "new" } }];
    await append(ports.eventLog, [makeReport(before.useCase, { schemaVersion, events })]);
    const test = await createTestSink(ports, acs.directory);
    await runUntilDrained(ports, test);

    const rows = await rowsOf<Record<string, unknown>>(stores.warehouse, before.useCase, "opened");
    expect(rows.map(({ items, screen }) => ({ items, screen }))).toEqual(
      expect.arrayContaining([
        { items: 3, screen: "home" },
        { items: null, screen: "new" },
      ]),
    );
    expect(await test.metrics.value("fields_dropped_total")).toBe(1);
    expect(test.log.join("\n")).toContain('"event":"schema.field_unstorable"');
  });

  it("put the reports of a use case that was withdrawn aside", async () => {
    const ports = await stores.open();
    const useCase = makeUseCase();
    const acs = await createTestAcs(useCase);
    await acs.withdraw(useCase.useCase);
    await append(ports.eventLog, [makeReport(useCase.useCase)]);
    const test = await createTestSink(ports, acs.directory);
    await runUntilDrained(ports, test);
    expect(await test.metrics.value("events_dead_lettered_total", { reason: "use_case_unknown" })).toBe(2);
  });
});
