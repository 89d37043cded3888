import { readFileSync } from "node:fs";
import type { z } from "zod";
import { configTypes } from "./config-types.ts";
import { errorReason } from "./error-reason.ts";
import { nearestName } from "./nearest-name.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Everything wrong with a configuration, found in one go. Names variables; never shows a value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the configuration has ${problems.length} problem(s)`);
    this.problems = problems;
  }
}

const ADMIN_PORT_OFFSET = 1000;

/** What every service reads. `adminPort` follows `listenPort` + 1000 unless it is set. */
export function baseConfigShape(defaultPort: number) {
  return {
    environment: configTypes.environment
      .describe("part of every credential: those of one environment are worthless in another")
      .default("development"),
    production: configTypes.boolean.describe("refuses what is meant for development").default(false),
    listenHost: configTypes.host.describe("where both ports listen").default("127.0.0.1"),
    listenPort: configTypes.port.describe("0 takes a free one").default(defaultPort),
    adminPort: configTypes.port
      .describe("the operator's; by default the other one + 1000")
      .default(defaultPort + ADMIN_PORT_OFFSET),
    logLevel: configTypes.logLevel.describe("the least level that is logged").default("info"),
  };
}

/**
 * Reads `schema` from the environment: key `listenPort` with prefix `DIT_ACS` is DIT_ACS_LISTEN_PORT, and
 * DIT_ACS_LISTEN_PORT_FILE names a file that holds the value (for secrets; one trailing newline is cut off). A variable that
 * begins with the prefix and is not known is a problem, since a typo must not mean "unset", and so is a placeholder in production mode.
 * Throws ConfigError.
 */
export function loadConfig<S extends z.ZodObject>(schema: S, env: Environment, prefix: string): z.output<S> {
  const variables = new Map(Object.keys(schema.shape).map((key) => [key, variableName(prefix, key)]));
  const problems = unknownVariables(env, prefix, [...variables.values()]);
  const raw: Record<string, string> = {};
  const unread = new Set<PropertyKey>();
  for (const [key, variable] of variables) {
    const value = readVariable(env, variable);
    if (value === undefined) continue;
    if ("text" in value) raw[key] = value.text;
    else {
      problems.push(`${variable}: ${value.problem}`);
      unread.add(key);
    }
  }
  const parsed = schema.safeParse(withAdminPort(raw, schema));
  const issues = (parsed.error?.issues ?? []).filter(
    ({ path: [key] }) => key === undefined || !unread.has(key),
  );
  problems.push(...issues.map((issue) => describe(issue, variables, raw)), ...placeholders(raw, variables));
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  Object.freeze(parsed.data);
  return parsed.data;
}

/** DIT_ACS and `listenPort`: DIT_ACS_LISTEN_PORT. */
export function variableName(prefix: string, key: string): string {
  return `${prefix}_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** What `infra/compose` has where an operator puts a secret of their own. */
const PLACEHOLDER = "CHANGEME";

function placeholders(
  raw: Readonly<Record<string, string>>,
  variables: ReadonlyMap<string, string>,
): string[] {
  if (raw.production !== "true") return [];
  return Object.entries(raw)
    .filter(([, text]) => text.includes(PLACEHOLDER))
    .map(([key]) => `${variables.get(key)}: is still the placeholder, which everybody knows`);
}

type Read = { readonly text: string } | { readonly problem: string } | undefined;

function readVariable(env: Environment, variable: string): Read {
  const direct = env[variable];
  const path = env[`${variable}_FILE`];
  if (direct !== undefined && path !== undefined) return { problem: "is set twice, by itself and by _FILE" };
  if (path !== undefined) return readValueFile(path);
  if (direct === undefined) return undefined;
  return direct === "" ? { problem: "is empty; leave it unset for the default" } : { text: direct };
}

function readValueFile(path: string): Read {
  try {
    const text = readFileSync(path, "utf8").replace(/\r?\n$/, "");
    return text === "" ? { problem: "the file is empty" } : { text };
  } catch (error) {
    return { problem: `the file cannot be read (${errorReason(error)})` };
  }
}

function unknownVariables(env: Environment, prefix: string, variables: readonly string[]): string[] {
  const known = new Set(variables.flatMap((variable) => [variable, `${variable}_FILE`]));
  return Object.keys(env)
    .filter((name) => name.startsWith(`${prefix}_`) && env[name] !== undefined && !known.has(name))
    .map((name) => {
      const nearest = nearestName(name, [...known]);
      return `${name}: is not a known variable${nearest === undefined ? "" : `; did you mean ${nearest}?`}`;
    });
}

function withAdminPort(raw: Record<string, string>, schema: z.ZodObject): Record<string, string> {
  const { listenPort, adminPort } = raw;
  if (!("adminPort" in schema.shape) || adminPort !== undefined || listenPort === undefined) return raw;
  if (!/^\d{1,5}$/.test(listenPort)) return raw;
  // A free port (0) stays one.
  const follows = listenPort === "0" ? 0 : Number(listenPort) + ADMIN_PORT_OFFSET;
  return { ...raw, adminPort: String(follows) };
}

function describe(
  issue: z.core.$ZodIssue,
  variables: ReadonlyMap<string, string>,
  raw: Readonly<Record<string, string>>,
): string {
  const key = String(issue.path[0] ?? "");
  const variable = variables.get(key);
  if (variable === undefined) return issue.message;
  return `${variable}: ${key in raw || issue.code !== "invalid_type" ? issue.message : "is required"}`;
}
