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
    "dit_analyst",
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
];

describe("what ClickHouse's users may do, by its own engine", () => {
  it.each(USERS)("%s", async (user, outcomes) => {
    expect(await ask(user, texts.users, Object.keys(outcomes))).toEqual(outcomes);
  });

  it("would be more with another grant", async () => {
    const users = texts.users.replace("GRANT SELECT ON dit.*", "GRANT ALL ON *.*");
    const [statement] = Object.keys(NOBODY_MAY);
    expect(await ask("dit_analyst", users, [statement ?? ""])).toEqual({ [statement ?? ""]: "ok" });
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
