import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { writeEmbeddedConfig } from "./clickhouse/embedded-config.ts";
import { readRepositoryFile } from "./repository.ts";

const run = promisify(execFile);
const texts = {
  config: readRepositoryFile("infra/clickhouse/config.xml"),
  users: readRepositoryFile("infra/clickhouse/users.xml"),
};
const directory = mkdtempSync(join(tmpdir(), "dit-clickhouse-users-"));
afterAll(() => rmSync(directory, { recursive: true }));

const ACCESS_DENIED = "497";
const READONLY = "164";
const SETTING_CONSTRAINT_VIOLATION = "452";

/** Whatever a user may do: nothing of the machine, of other servers, or of who may what. */
const NOBODY_MAY = {
  "SELECT * FROM file('/etc/passwd', 'LineAsString')": ACCESS_DENIED,
  "SELECT * FROM url('http://127.0.0.1:1/', 'TSV', 'a String')": ACCESS_DENIED,
  "SELECT * FROM remote('127.0.0.1', 'dit', 'x')": ACCESS_DENIED,
  "SELECT * FROM system.users": ACCESS_DENIED,
  "CREATE USER x": ACCESS_DENIED,
  "CREATE DATABASE other": ACCESS_DENIED,
  "DROP DATABASE dit": ACCESS_DENIED,
  "SYSTEM SHUTDOWN": ACCESS_DENIED,
};

/** In this order, each user on what those before it have left. */
const USERS: readonly (readonly [user: string, outcomes: Readonly<Record<string, string>>])[] = [
  [
    "dit_sink",
    {
      "CREATE DATABASE IF NOT EXISTS dit": "ok",
      ...NOBODY_MAY,
      "CREATE TABLE dit.x (day Date, a UInt8, b UInt8) ENGINE = MergeTree PARTITION BY day ORDER BY a": "ok",
      "INSERT INTO dit.x VALUES ('2026-01-01', 1, 1)": "ok",
      "ALTER TABLE dit.x ADD COLUMN c UInt8": "ok",
      "ALTER TABLE dit.x DELETE WHERE a = 2": "ok",
      "SELECT * FROM dit.x": "ok",
      "CREATE DATABASE IF NOT EXISTS dit_views": "ok",
      "CREATE OR REPLACE VIEW dit_views.x DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT {n:UInt8} AS n, count() AS rows FROM dit.x":
        "ok",
      "CREATE OR REPLACE VIEW dit_views.x DEFINER = CURRENT_USER SQL SECURITY DEFINER AS SELECT {n:UInt8} AS n, count() AS rows FROM dit.x COMMENT 'again'":
        "ok",
      "SELECT * FROM dit_views.x(n = 1)": "ok",
      "SELECT * FROM system.tables": "ok",
      "SELECT * FROM system.columns": "ok",
    },
  ],
  [
    "dit_reid",
    {
      ...NOBODY_MAY,
      "CREATE DATABASE IF NOT EXISTS dit": "ok",
      "CREATE TABLE dit.scores (day Date) ENGINE = MergeTree ORDER BY day": "ok",
      "INSERT INTO dit.scores VALUES ('2026-01-01')": "ok",
      "SELECT * FROM dit.x": "ok",
      "ALTER TABLE dit.x CLEAR COLUMN b IN PARTITION ID '20260101'": "ok",
      "ALTER TABLE dit.x DROP COLUMN b": ACCESS_DENIED,
      "ALTER TABLE dit.x DELETE WHERE a = 1": ACCESS_DENIED,
      "DROP TABLE dit.x": ACCESS_DENIED,
      "TRUNCATE TABLE dit.x": ACCESS_DENIED,
    },
  ],
  [
    "dit_operator",
    {
      ...NOBODY_MAY,
      "SELECT * FROM dit.x": "ok",
      "SELECT count() FROM system.tables": "ok",
      "INSERT INTO dit.x VALUES ('2026-01-01', 1, 1, 1)": ACCESS_DENIED,
      "CREATE TABLE dit.y (a UInt8) ENGINE = Memory": ACCESS_DENIED,
      "ALTER TABLE dit.x DROP COLUMN b": ACCESS_DENIED,
      "DROP TABLE dit.x": ACCESS_DENIED,
      "SET max_execution_time = 10": "ok",
      "SET max_execution_time = 600": SETTING_CONSTRAINT_VIOLATION,
      "SET max_execution_time = 0": SETTING_CONSTRAINT_VIOLATION,
      "SET max_memory_usage = 0": SETTING_CONSTRAINT_VIOLATION,
      "SET max_memory_usage_for_user = 0": SETTING_CONSTRAINT_VIOLATION,
      "SET readonly = 0": READONLY,
    },
  ],
  [
    "dit_analyst",
    {
      ...NOBODY_MAY,
      "SELECT * FROM dit.x": ACCESS_DENIED,
      "SELECT count() FROM dit.x": ACCESS_DENIED,
      "SELECT * FROM view(SELECT * FROM dit.x)": ACCESS_DENIED,
      "SELECT throwIf(count() > 0) FROM system.tables WHERE database = 'dit'": "ok",
      "SELECT throwIf(count() = 0) FROM system.tables WHERE database = 'dit_views'": "ok",
      "CREATE VIEW dit_views.y AS SELECT 1": ACCESS_DENIED,
      "DROP VIEW dit_views.x": ACCESS_DENIED,
      "SET max_execution_time = 10": READONLY,
      "SET max_memory_usage = 0": READONLY,
      "SET read_overflow_mode = 'break'": READONLY,
      "SET additional_table_filters = {'dit.x': 'a = 1'}": READONLY,
      "SET readonly = 0": READONLY,
    },
  ],
];

/** With an analyst that may do everything. */
const MAY_ALL = texts.users
  .replaceAll("GRANT SELECT ON dit_views.*", "GRANT ALL ON *.*")
  .replace("<readonly>1</readonly>", "");

describe("what ClickHouse's users may do, by its own engine", () => {
  it.each(USERS)("%s", async (user, outcomes) => {
    expect(await ask(user, texts.users, Object.keys(outcomes))).toEqual(outcomes);
  });

  it("dit_analyst reads a view with the rights of the sink that made it, and by no settings of its own", async () => {
    const made =
      "DEFINER = dit_sink SQL SECURITY DEFINER AS SELECT {n:UInt8} AS n, count() AS rows FROM dit.x";
    const make = `CREATE OR REPLACE VIEW dit_views.made ${made}`;
    expect(await ask("dit_analyst", MAY_ALL, [make])).toEqual({ [make]: "ok" });
    const filters = "SETTINGS additional_table_filters = {'dit.x': 'a = 1'}";
    const outcomes = {
      "SELECT throwIf(rows = 0) FROM dit_views.made(n = 1)": "ok",
      [`SELECT * FROM dit_views.made(n = 1) ${filters}`]: READONLY,
      "SELECT * FROM dit.x": ACCESS_DENIED,
      "SELECT * FROM dit_views.made(n = (SELECT count() FROM dit.x))": ACCESS_DENIED,
    };
    expect(await ask("dit_analyst", texts.users, Object.keys(outcomes))).toEqual(outcomes);
    const [, filtered = ""] = Object.keys(outcomes);
    expect(await ask("dit_operator", texts.users, [filtered])).toEqual({ [filtered]: "ok" });
    const asAsker = make.replace("DEFINER = dit_sink SQL SECURITY DEFINER", "SQL SECURITY INVOKER");
    await ask("dit_analyst", MAY_ALL, [asAsker]);
    const [first = ""] = Object.keys(outcomes);
    expect(await ask("dit_analyst", texts.users, [first])).toEqual({ [first]: ACCESS_DENIED });
  });

  it("would be more with another grant", async () => {
    const [statement] = Object.keys(NOBODY_MAY);
    expect(await ask("dit_analyst", MAY_ALL, [statement ?? ""])).toEqual({ [statement ?? ""]: "ok" });
  });
});

async function ask(user: string, users: string, statements: readonly string[]): Promise<unknown> {
  const own = join(directory, user);
  mkdirSync(own, { recursive: true });
  const config = writeEmbeddedConfig(own, { ...texts, users }, user);
  const script = join(import.meta.dirname, "clickhouse/ask-as.ts");
  const { stdout } = await run(process.execPath, [script, config, join(directory, "data"), ...statements]);
  return JSON.parse(stdout);
}
