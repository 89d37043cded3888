import { ConfigError, configTypes, loadConfig } from "@dit/service-kit";
import { z } from "zod";
import type { CommandIo } from "./command.ts";

/** Read from `DIT_*`. */
export const sharedConfigSchema = z.object({
  environment: configTypes.environment
    .describe("of all services of the box; a data directory keeps the one it began with")
    .optional(),
  production: configTypes.boolean
    .describe("of all services of the box: no development identity provider, no simulated population")
    .default(false),
  logLevel: configTypes.logLevel.describe("of all services of the box").default("warn"),
  dataDir: configTypes.path.describe("where the box keeps everything").default(".dit"),
});

/** What all parts of one box share. */
export type SharedConfig = z.output<typeof sharedConfigSchema>;

/** Each of these names is checked by whoever reads what begins with it. */
export const PREFIXES = {
  acs: "DIT_ACS",
  edge: "DIT_EDGE",
  ingest: "DIT_INGEST",
  sink: "DIT_SINK",
  reid: "DIT_REID",
  warehouse: "DIT_WAREHOUSE",
  identityProvider: "DIT_IDENTITY_PROVIDER",
  target: "DIT_AT",
} as const;

/**
 * Reads DIT_ENVIRONMENT, DIT_PRODUCTION, DIT_LOG_LEVEL and DIT_DATA_DIR. Every other DIT_* name that belongs to nobody is a problem:
 * a typo (DIT_PRODUCTON) must not mean "unset". Throws ConfigError.
 */
export function loadSharedConfig(env: CommandIo["env"]): SharedConfig {
  const owned = (name: string) => Object.values(PREFIXES).some((prefix) => name.startsWith(`${prefix}_`));
  return loadConfig(
    sharedConfigSchema,
    Object.fromEntries(Object.entries(env).filter(([name]) => !owned(name))),
    "DIT",
  );
}

/** The data directory of one box. What is wrong with other variables is told by whoever reads them, all at once. */
export function dataDirectoryFrom(env: CommandIo["env"], option: string | undefined): string {
  const named = Object.entries(env).filter(([name]) => /^DIT_DATA_DIR(_FILE)?$/.test(name));
  return option ?? loadConfig(sharedConfigSchema, Object.fromEntries(named), "DIT").dataDir;
}

/** For what has no place in production; false if the configuration is wrong, which is told when it is used. */
export function isProduction(env: CommandIo["env"]): boolean {
  try {
    return loadSharedConfig(env).production;
  } catch (error) {
    if (error instanceof ConfigError) return false;
    throw error;
  }
}
