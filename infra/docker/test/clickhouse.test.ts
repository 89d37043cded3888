import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Session } from "chdb";
import { afterAll, describe, expect, it } from "vitest";
import { writeEmbeddedConfig } from "./clickhouse/embedded-config.ts";
import { readXml } from "./clickhouse/read-xml.ts";
import { type EngineKnowledge, SETTINGS_RULES } from "./clickhouse/settings-rules.ts";
import { COMPOSE_FILE, readRepositoryFile } from "./repository.ts";

const texts = {
  config: readRepositoryFile("infra/clickhouse/config.xml"),
  users: readRepositoryFile("infra/clickhouse/users.xml"),
};
const directory = mkdtempSync(join(tmpdir(), "dit-clickhouse-"));
const config = writeEmbeddedConfig(directory, texts);
const session = new Session(join(directory, "data"), { connectionArgs: [`--config-file=${config}`] });
const engine = askEngine(session);

afterAll(() => {
  session.close();
  rmSync(directory, { recursive: true });
});

/** What each rule is for: a change of a file, and what is said about it. */
const PLANTED: Readonly<
  Record<
    keyof typeof SETTINGS_RULES,
    readonly (readonly [file: keyof typeof texts, from: string, to: string, said: string])[]
  >
> = {
  "the server's settings are settings, and are taken": [
    ["config", "keep_alive_timeout", "keepalive_timeout", "keepalive_timeout is no setting of a server"],
    ["config", ">134217728<", ">128Mib<", "mark_cache_size is 134217728, not 128Mib"],
  ],
  "the tables' settings are settings, and are taken": [
    ["config", "parts_to_throw_insert", "parts_to_refuse_insert", "parts_to_refuse_insert is undefined"],
  ],
  "the profiles' settings are settings": [
    ["users", "max_execution_time", "max_execution_seconds", "max_execution_seconds is no setting"],
  ],
  "each user has a password, a profile that there is, and grants that are statements": [
    [
      "users",
      "<profile>analyst</profile>",
      "<profile>analist</profile>",
      "dit_analyst: has no profile analist",
    ],
    ["users", "GRANT SELECT ON dit_views.*", "GRANT SELECTS ON dit_views.*", "dit_analyst: Syntax error"],
    [
      "users",
      '<password from_env="CLICKHOUSE_SINK_PASSWORD"/>',
      "<password>x</password>",
      "dit_sink: has a password",
    ],
  ],
  "the system's own logs are few, and end": [
    ["config", "<part_log>", "<text_log><ttl>event_date</ttl></text_log><part_log>", "text_log is one more"],
    ["config", "event_date + INTERVAL 3 DAY DELETE", "event_day + INTERVAL 3 DAY", "query_log: "],
  ],
};

describe("ClickHouse's configuration", () => {
  it("is read by its engine", () => {
    expect(session.query("SELECT 1", "TSV").trim()).toBe("1");
  });

  it("is that of the release that the compose file runs", () => {
    const [release] = /\d+\.\d+/.exec(session.query("SELECT version()", "TSV")) ?? [];
    expect(readRepositoryFile(COMPOSE_FILE)).toContain(`image: clickhouse/clickhouse-server:${release}.`);
  });

  describe.each(Object.entries(SETTINGS_RULES))("%s", (name, rule) => {
    it("holds", () => {
      expect(rule({ config: readXml(texts.config), users: readXml(texts.users) }, engine)).toEqual([]);
    });

    it.each(PLANTED[name as keyof typeof PLANTED])("finds in %s %s as %s", (file, from, to, said) => {
      const changed = { ...texts, [file]: texts[file].replaceAll(from, to) };
      expect(changed[file]).not.toBe(texts[file]);
      const faults = rule({ config: readXml(changed.config), users: readXml(changed.users) }, engine);
      expect(faults.join("\n")).toContain(said);
    });
  });

  it.each([
    ["<a><b></a>", "closes <b>"],
    ["<a></a><b></b>", "not one whole element"],
    ["<a>", "not one whole element"],
  ])("is no %s", (xml, said) => {
    expect(() => readXml(xml)).toThrow(said);
  });
});

function askEngine(asked: Session): EngineKnowledge {
  const rows = (sql: string) =>
    asked
      .query(sql, "TSV")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split("\t") as [string, string]);
  return {
    serverSettings: new Map(rows("SELECT name, value FROM system.server_settings")),
    mergeTreeSettings: new Map(rows("SELECT name, value FROM system.merge_tree_settings")),
    settings: new Set(rows("SELECT name, value FROM system.settings").map(([name]) => name)),
    refuses(statement) {
      try {
        asked.query(statement.startsWith("GRANT") ? `EXPLAIN AST ${statement}` : statement, "TSV");
        return undefined;
      } catch (error) {
        return error instanceof Error ? error.message.replace(/^.*?DB::Exception: /, "") : String(error);
      }
    },
  };
}
