import { childrenAt, type Element } from "./read-xml.ts";

/** What ClickHouse's own engine says of a setting or a statement. */
export interface EngineKnowledge {
  /** Names and values as the engine has them after it read the file. */
  readonly serverSettings: ReadonlyMap<string, string>;
  readonly mergeTreeSettings: ReadonlyMap<string, string>;
  /** Of sessions and profiles. */
  readonly settings: ReadonlySet<string>;
  /** Undefined, or why it is no statement. */
  readonly refuses: (statement: string) => string | undefined;
}

export interface ServerFiles {
  readonly config: Element;
  readonly users: Element;
}

type Rule = (files: ServerFiles, engine: EngineKnowledge) => string[];

/** Sections, and what only a server that listens reads. */
const NO_SETTINGS = [
  ...["logger", "listen_host", "http_port", "user_directories", "access_control_improvements", "merge_tree"],
  ...[
    "send_crash_reports",
    "default_profile",
    "timezone",
    "path",
    "tmp_path",
    "user_files_path",
    "format_schema_path",
  ],
];
/** The embedded engine answers one query at a time. */
const NOT_TAKEN_WHEN_EMBEDDED = ["max_concurrent_queries"];
const SYSTEM_LOG = /_log$/;
/** Of those that count without end: everything that is not listed is not written. */
const SYSTEM_LOGS = ["query_log", "part_log"];

export const SETTINGS_RULES = {
  "the server's settings are settings, and are taken": ({ config }, { serverSettings }) =>
    config.children
      .filter(({ name }) => !NO_SETTINGS.includes(name) && !SYSTEM_LOG.test(name))
      .flatMap(({ name, text }) => {
        if (!serverSettings.has(name)) return [`${name} is no setting of a server`];
        const taken = serverSettings.get(name) === text || NOT_TAKEN_WHEN_EMBEDDED.includes(name);
        return taken ? [] : [`${name} is ${serverSettings.get(name)}, not ${text}`];
      }),
  "the tables' settings are settings, and are taken": ({ config }, { mergeTreeSettings }) =>
    childrenAt(config, "merge_tree")
      .filter(({ name, text }) => mergeTreeSettings.get(name) !== text)
      .map(({ name, text }) => `${name} is ${mergeTreeSettings.get(name)}, not ${text}`),
  "the profiles' settings are settings": ({ users }, { settings }) =>
    childrenAt(users, "profiles")
      .flatMap(({ children }) => [...children, ...children.flatMap((each) => each.children)])
      .filter(({ name }) => !settings.has(name) && !["constraints", "min", "max", "readonly"].includes(name))
      .map(({ name }) => `${name} is no setting`),
  "each user has a password, a profile that there is, and grants that are statements": (
    { users },
    { refuses },
  ) => {
    const profiles = childrenAt(users, "profiles").map(({ name }) => name);
    return childrenAt(users, "users").flatMap((user) => {
      const [password, profile] = ["password", "profile"].map((name) =>
        user.children.find((each) => each.name === name),
      );
      const faults = childrenAt(user, "grants").flatMap(
        ({ text }) => refuses(`${text} TO ${user.name}`) ?? [],
      );
      if (!password?.attributes.startsWith("from_env=")) faults.push("has a password that is written down");
      if (!profiles.includes(profile?.text ?? "")) faults.push(`has no profile ${profile?.text}`);
      if (childrenAt(user, "grants").length === 0) faults.push("may do everything");
      return faults.map((fault) => `${user.name}: ${fault}`);
    });
  },
  "the system's own logs are few, and end": ({ config }, { refuses }) =>
    config.children
      .filter(({ name }) => SYSTEM_LOG.test(name))
      .flatMap((log) => {
        const [ttl, partition] = ["ttl", "partition_by"].map(
          (name) => log.children.find((each) => each.name === name)?.text,
        );
        if (!SYSTEM_LOGS.includes(log.name)) return [`${log.name} is one more`];
        if (ttl === undefined) return [`${log.name} has no end`];
        const columns = "event_date Date, event_time DateTime";
        const table = `CREATE OR REPLACE TABLE t (${columns}) ENGINE = MergeTree PARTITION BY ${partition} ORDER BY event_time TTL ${ttl}`;
        const refusal = refuses(table);
        return refusal === undefined ? [] : [`${log.name}: ${refusal}`];
      }),
} satisfies Record<string, Rule>;
