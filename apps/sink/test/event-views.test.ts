import { createHash, randomBytes } from "node:crypto";
import type { UseCase } from "@dit/protocol/schemas";
import { beforeAll, describe, expect, it } from "vitest";
import { applySchema } from "../src/applied-schema.ts";
import { ensureEventTable } from "../src/ensure-event-table.ts";
import { ensureEventView } from "../src/ensure-event-view.ts";
import { makeUseCase, rowsOf } from "./harness.ts";
import { useTestStores } from "./use-test-stores.ts";

const stores = useTestStores();
const K = 4;
const DAY = Math.floor(Date.now() / 86_400_000) - 2;

interface Row {
  readonly person: number;
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
  /** Days after DAY. */
  readonly later?: number;
}

type Group = Readonly<Record<string, unknown>>;

/** The same numbers in every run. */
let drawn = 0;
function random(): number {
  drawn += 1;
  return createHash("sha256").update(String(drawn)).digest().readUInt32BE() / 2 ** 32;
}

async function makeTable(changes: Parameters<typeof makeUseCase>[0] = {}): Promise<UseCase> {
  const document = makeUseCase({ privacy: { k: K }, ...changes });
  await stores.warehouse.command("CREATE DATABASE IF NOT EXISTS dit");
  await stores.warehouse.command("CREATE DATABASE IF NOT EXISTS dit_views");
  const schema = { document, unstorable: [], blockedFields: {} };
  for (const [event, table] of applySchema(1, schema).events) {
    await ensureEventTable(stores.warehouse, document, event);
    await ensureEventView(stores.warehouse, document, event, table);
  }
  return document;
}

async function fill({ useCase }: UseCase, rows: readonly Row[]): Promise<void> {
  const names = [...new Set(rows.flatMap(({ fields }) => Object.keys(fields)))];
  await stores.warehouse.insert({
    table: `dit.${useCase}__opened`,
    columns: ["ingest_day", "at", "epoch", "pid", "report_id", "batch", ...names],
    rows: rows.map(({ person, later = 0, fields }) => [
      new Date((DAY + later) * 86_400_000).toISOString().slice(0, 10),
      (DAY + later) * 86_400,
      DAY + later,
      `00000000-0000-4000-8000-${String(person).padStart(12, "0")}`,
      crypto.randomUUID(),
      "1",
      ...names.map((name) => fields[name]),
    ]),
    deduplicationToken: randomBytes(8).toString("hex"),
  });
}

function ask({ useCase }: UseCase, by: readonly string[], columns: string): Promise<Group[]> {
  return stores.warehouse.query<Group>(
    `SELECT ${columns} FROM dit_views.${useCase}__opened(by = [${by.map((name) => `'${name}'`).join(", ")}]) ORDER BY ALL`,
  );
}

/** As many people, each with one row. */
function people(from: number, count: number, fields: Row["fields"], later = 0): Row[] {
  return Array.from({ length: count }, (_, index) => ({ person: from + index, fields, later }));
}

describe("a view of an event", () => {
  it("shows groups of k pids, and the others as one row", async () => {
    const document = await makeTable();
    await fill(document, [
      ...people(0, K, { screen: "home" }),
      ...people(0, 1, { screen: "home" }),
      ...people(100, K - 1, { screen: "chat" }),
      ...people(200, 1, { screen: "settings" }),
      ...people(300, K, { screen: null }),
    ]);
    expect(await ask(document, ["screen"], "suppressed, screen, clients, events")).toEqual([
      { suppressed: false, screen: "home", clients: K, events: K + 1 },
      { suppressed: false, screen: null, clients: K, events: K },
      { suppressed: true, screen: null, clients: K, events: K },
    ]);
    expect(await ask(document, [], "suppressed, screen, clients, events")).toEqual([
      { suppressed: false, screen: null, clients: 3 * K, events: 3 * K + 1 },
    ]);
  });

  it("counts the row of the others by who is in it, not by the sum of its groups, and not at all below k", async () => {
    const document = await makeTable();
    // K - 1 people, each in three groups.
    for (const screen of ["home", "chat", "settings"]) await fill(document, people(0, K - 1, { screen }));
    await fill(document, people(0, K, { screen: "home" }, 1));
    expect(await ask(document, ["screen"], "suppressed, screen, clients, events")).toEqual([
      { suppressed: false, screen: "home", clients: K, events: K },
      { suppressed: true, screen: null, clients: null, events: null },
    ]);
    expect(await ask(document, [], "suppressed, clients")).toEqual([
      { suppressed: false, clients: K },
      { suppressed: true, clients: null },
    ]);
  });

  it("has a row for each rotation window, from its start", async () => {
    const document = await makeTable({ pseudonym: { rotationSeconds: 86_400 } });
    for (const later of [0, 1]) await fill(document, people(0, K, { screen: "home" }, later));
    const starts = [0, 1].map((later) => new Date((DAY + later) * 86_400_000).toISOString().slice(0, 10));
    expect(await ask(document, [], "toString(window_start) AS start, clients")).toEqual(
      starts.map((start) => ({ start: `${start} 00:00:00`, clients: K })),
    );
    const long = await makeTable({ pseudonym: { rotationSeconds: 7 * 86_400 } });
    const first = Math.floor(DAY / 7) * 7;
    const inOne = first + 6 > DAY ? [0, 1] : [-1, 0];
    for (const later of inOne) await fill(long, people(0, K, { screen: "home" }, later));
    expect(await ask(long, [], "toString(window_start) AS start, clients, events")).toEqual([
      {
        start: `${new Date(first * 86_400_000).toISOString().slice(0, 10)} 00:00:00`,
        clients: K,
        events: 2 * K,
      },
    ]);
  });

  it("measures numbers where k pids have one", async () => {
    const document = await makeTable();
    await fill(document, [
      ...people(0, K, { screen: "home", duration: 10 }),
      ...people(0, K, { screen: "home", duration: 30 }),
      ...people(100, K, { screen: "chat", duration: null }),
      ...people(100, K - 1, { screen: "chat", duration: 77 }),
      ...people(200, 1, { screen: "settings", duration: 99 }),
    ]);
    const columns = "screen, duration__mean, round(duration__p50) AS p50, duration__p95";
    expect(await ask(document, ["screen"], columns)).toEqual([
      { screen: "chat", duration__mean: null, p50: null, duration__p95: null },
      { screen: "home", duration__mean: 20, p50: expect.any(Number), duration__p95: 30 },
      { screen: null, duration__mean: null, p50: null, duration__p95: null },
    ]);
  });

  it("groups by what was asked for and nothing else, and refuses what it does not know", async () => {
    const document = await makeTable();
    await fill(document, people(0, 2 * K, { screen: "home", cold: true, items: 3, locale: "de" }));
    await fill(document, people(50, 2 * K, { screen: "home", cold: false, items: 3, locale: "fr" }));
    const columns = "screen, cold, items, locale, clients";
    expect(await ask(document, ["screen", "items"], columns)).toEqual([
      { screen: "home", cold: null, items: 3, locale: null, clients: 4 * K },
    ]);
    expect(await ask(document, ["cold", "locale"], columns)).toEqual([
      { screen: null, cold: false, items: null, locale: "fr", clients: 2 * K },
      { screen: null, cold: true, items: null, locale: "de", clients: 2 * K },
    ]);
    for (const name of ["duration", "pid", "report_id", "nothing"])
      await expect(ask(document, [name], "clients")).rejects.toMatchObject({
        engineType: "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO",
      });
    await expect(ask(document, ["screen"], "pid")).rejects.toMatchObject({
      engineType: "UNKNOWN_IDENTIFIER",
    });
  });

  it("tells an asker's own conditions nothing of what is hidden", async () => {
    const document = await makeTable();
    await fill(document, people(0, K, { screen: "home", cold: false, items: 1, duration: 1 }));
    await fill(document, people(100, K - 1, { screen: "chat", cold: true, items: 2, duration: 2 }));
    const by = ["screen", "cold", "items"];
    const thrownBy = async (condition: string) => {
      const from = `dit_views.${document.useCase}__opened(by = [${by.map((name) => `'${name}'`).join(", ")}])`;
      const asked = [
        `SELECT count() FROM ${from} WHERE throwIf(${condition}) = 0`,
        `SELECT throwIf(${condition}) FROM ${from}`,
        `SELECT count() FROM ${from} GROUP BY screen HAVING throwIf(any(${condition})) = 0`,
        `SELECT count() FROM ${from} AS v JOIN (SELECT 1 AS one) AS o ON throwIf(${condition}) = 0`,
      ];
      const answers = await Promise.allSettled(asked.map((sql) => stores.warehouse.query(sql)));
      return answers.map(({ status }) => status === "rejected");
    };
    const hidden = [
      "screen = 'chat'",
      "cold",
      "items = 2",
      `clients = ${K - 1}`,
      `events = ${K - 1}`,
      "duration__mean = 2",
    ];
    for (const condition of hidden) expect(await thrownBy(condition), condition).not.toContain(true);
    const shown = ["screen = 'home'", "NOT cold", "items = 1", `clients = ${K}`, `events = ${K}`];
    for (const condition of shown) expect(await thrownBy(condition), condition).toContain(true);
  });

  it("counts all rows of a window whatever is asked of it: a condition that has chance or order in it chooses none", async () => {
    const document = await makeTable();
    await fill(document, people(0, 5 * K, { screen: "home" }));
    const from = `dit_views.${document.useCase}__opened(by = ['screen'])`;
    const chosen = [
      "rowNumberInAllBlocks() < 1 + 0 * toUInt32(window_start)",
      "rowNumberInBlock() < 1 + 0 * toUInt32(window_start)",
      "rand(toUInt32(window_start)) % 2 = 0",
      "sipHash64(window_start, generateUUIDv4()) % 2 = 0",
      "runningDifference(toUInt32(window_start)) = 0",
      "randomString(2) < 'm' AND window_start > 0",
    ];
    for (const condition of chosen) {
      const sql = `SELECT clients, events FROM ${from} WHERE ${condition} SETTINGS allow_deprecated_error_prone_window_functions = 1`;
      const found = await stores.warehouse.query<Group>(sql);
      expect([[], [{ clients: 5 * K, events: 5 * K }]], condition).toContainEqual(found);
    }
  });

  it("tells fields that are called as its own columns from them, whatever else they are called", async () => {
    const integer = { type: "integer", min: 0, max: 9 } as const;
    const fields = Object.fromEntries(
      ["events", "clients", "suppressed", "window_start", "window", "by", "t", "count", "k"].map((name) => [
        name,
        integer,
      ]),
    );
    const document = await makeTable({ events: { opened: { fields }, failed: { fields: {} } } });
    await fill(document, people(0, K, { events: 5, clients: 6, window: 7, t: 8 }));
    const columns = "events, events_, events__p95, clients, clients_, window, t, suppressed_";
    expect(await ask(document, ["events", "clients", "window", "t"], columns)).toEqual([
      { events: K, events_: 5, events__p95: 5, clients: K, clients_: 6, window: 7, t: 8, suppressed_: null },
    ]);
    const empty = `SELECT clients FROM dit_views.${document.useCase}__failed(by = [])`;
    expect(await stores.warehouse.query(empty)).toEqual([]);
  });
});

describe("over many rows at random", () => {
  const VALUES = {
    screen: ["home", "chat", "settings"],
    cold: [true, false],
    locale: ["de", "fr", "it", "nl"],
  };
  const rows: Row[] = [];
  let document: UseCase;

  beforeAll(async () => {
    document = await makeTable();
    for (let index = 0; index < 160; index += 1) {
      const pick = <Value>(values: readonly Value[]) =>
        values[Math.floor(random() ** 2 * (values.length + 1))] ?? null;
      const fields = { screen: pick(VALUES.screen), cold: pick(VALUES.cold), locale: pick(VALUES.locale) };
      rows.push({ person: Math.floor(random() * 40), later: Math.floor(random() * 2), fields });
    }
    await fill(document, rows);
  });

  it.each([[[]], [["screen"]], [["locale"]], [["cold", "locale"]], [["screen", "cold", "locale"]]])(
    "a view by %j says what the rows say",
    async (by: string[]) => {
      const found = await ask(
        document,
        by,
        `toUnixTimestamp(window_start) AS at, suppressed, screen, cold, locale, clients, events`,
      );
      const sorted = (groups: Group[]) => groups.map((group) => JSON.stringify(group)).sort();
      expect(sorted(found)).toEqual(sorted(groupsOf(rows, by)));
      expect(await rowsOf(stores.warehouse, document.useCase, "opened")).toHaveLength(rows.length);
    },
  );
});

/** What the view should say, worked out apart. */
function groupsOf(rows: readonly Row[], by: readonly string[]): Group[] {
  const folded: Group[] = [];
  for (const later of new Set(rows.map((row) => row.later))) {
    const groups = new Map<string, Row[]>();
    for (const row of rows.filter((each) => each.later === later)) {
      const key = JSON.stringify(by.map((name) => row.fields[name]));
      groups.set(key, [...(groups.get(key) ?? []), row]);
    }
    const personsIn = (members: readonly Row[]) => new Set(members.map(({ person }) => person)).size;
    const thin = [...groups.values()].filter((members) => personsIn(members) < K);
    const shown = [...groups.values()].filter((members) => personsIn(members) >= K);
    const at = (DAY + (later ?? 0)) * 86_400;
    for (const members of shown) {
      const value = (name: string) => (by.includes(name) ? (members[0]?.fields[name] ?? null) : null);
      folded.push({
        ...{ at, suppressed: false, screen: value("screen"), cold: value("cold"), locale: value("locale") },
        ...{ clients: personsIn(members), events: members.length },
      });
    }
    const rest = thin.flat();
    const counts =
      personsIn(rest) < K
        ? { clients: null, events: null }
        : { clients: personsIn(rest), events: rest.length };
    if (thin.length > 0)
      folded.push({ at, suppressed: true, screen: null, cold: null, locale: null, ...counts });
  }
  return folded;
}
