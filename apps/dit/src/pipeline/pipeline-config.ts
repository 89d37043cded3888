import { type AcsConfig, loadAcsConfig } from "@dit/acs";
import { equalConstantTime } from "@dit/crypto-core";
import { type EdgeConfig, loadEdgeConfig } from "@dit/edge";
import { type IngestConfig, loadIngestConfig } from "@dit/ingest";
import { loadReidConfig, type ReidConfig } from "@dit/reid";
import { baseConfigShape, ConfigError, loadConfig } from "@dit/service-kit";
import { loadSinkConfig, type SinkConfig } from "@dit/sink";
import { z } from "zod";
import type { CommandIo } from "../command.ts";
import { loadSharedConfig, PREFIXES, type SharedConfig } from "../shared-config.ts";
import { loadTargetVariables } from "../target.ts";
import type { DataDirectory } from "./data-directory.ts";

/** Read from `DIT_WAREHOUSE_*`. */
export const warehouseSchema = z.object(baseConfigShape(8123));
/** Read from `DIT_IDENTITY_PROVIDER_*`. */
export const identityProviderSchema = z.object(baseConfigShape(8086));

/** Of one box: every service's own configuration, as it would be read by a process of its own. */
export interface PipelineConfig {
  readonly acs: AcsConfig;
  readonly edge: EdgeConfig;
  readonly ingest: IngestConfig;
  readonly sink: SinkConfig;
  readonly reid: ReidConfig;
  readonly warehouse: z.output<typeof warehouseSchema>;
  readonly identityProvider: z.output<typeof identityProviderSchema>;
}

/**
 * Each service reads its own variables; what one box can know by itself (secrets, paths, one environment for all) is filled in
 * where it is not set. Throws ConfigError with the problems of all services at once.
 */
export function loadPipelineConfig(
  env: CommandIo["env"],
  data: DataDirectory,
  freePorts: boolean,
): PipelineConfig {
  const problems: string[] = [];
  const attempt = <T>(load: () => T): T | undefined => {
    try {
      return load();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const shared = attempt(() => loadSharedConfig(env));
  problems.push(
    ...Object.keys(env)
      .filter(isServer)
      .map((name) => `${name}: ${NOT_ON_ONE_BOX}`),
  );
  const filled = fillIn(embedded(env), data, shared, freePorts);
  const load = <T>(loader: (env: CommandIo["env"]) => T) => attempt(() => loader(filled));
  attempt(() => loadTargetVariables(env));
  const config = {
    acs: load(loadAcsConfig),
    edge: load(loadEdgeConfig),
    ingest: load(loadIngestConfig),
    sink: load(loadSinkConfig),
    reid: load(loadReidConfig),
    warehouse: load((from) => loadConfig(warehouseSchema, from, PREFIXES.warehouse)),
    identityProvider: load((from) => loadConfig(identityProviderSchema, from, PREFIXES.identityProvider)),
  };
  if (config.acs && config.sink && !isSameKey(config.acs, config.sink)) {
    problems.push(
      "DIT_ACS_KEY_ENCRYPTION_KEY, DIT_SINK_KEY_ENCRYPTION_KEY: must hold the same key, one box has one",
    );
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return config as PipelineConfig;
}

/** Where the key-encryption key comes from; undefined: from the data directory. */
export function keyVariable(env: CommandIo["env"]): string | undefined {
  const names = [PREFIXES.acs, PREFIXES.sink].map((prefix) => `${prefix}_KEY_ENCRYPTION_KEY`);
  return names.flatMap((name) => [name, `${name}_FILE`]).find((name) => env[name] !== undefined);
}

function isSameKey(a: Pick<AcsConfig, "keyEncryptionKey">, b: Pick<SinkConfig, "keyEncryptionKey">): boolean {
  return equalConstantTime(a.keyEncryptionKey, b.keyEncryptionKey);
}

/** One box is its data directory: that nothing of it is missing or of another environment is checked there. */
const NOT_ON_ONE_BOX =
  "is for a service in a process of its own; one box keeps everything in its data directory";
const SERVER = /^DIT_(ACS|INGEST|SINK|REID)_(COUNTERS|DOCUMENTS|EVENT_LOG|WAREHOUSE)_URL(_FILE)?$/;

function isServer(name: string): boolean {
  return SERVER.test(name);
}

function embedded(env: CommandIo["env"]): CommandIo["env"] {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isServer(name)));
}

const { target: _, ...SERVICES } = PREFIXES;

/** What is wrong with a shared variable is told once, under its own name: the services then get their defaults. */
function fillIn(
  env: CommandIo["env"],
  data: DataDirectory,
  shared: SharedConfig | undefined,
  freePorts: boolean,
): CommandIo["env"] {
  const { secrets } = data;
  const derived: Record<string, string | undefined> = {
    DIT_ACS_KEY_ENCRYPTION_KEY: secrets.keyEncryptionKey,
    DIT_ACS_SERVICE_SECRET: secrets.serviceSecret,
    DIT_ACS_ADMIN_SECRET: secrets.adminSecret,
    DIT_ACS_MONITOR_SECRET: secrets.monitorSecret,
    DIT_INGEST_SERVICE_SECRET: secrets.serviceSecret,
    DIT_INGEST_EDGE_SECRET: secrets.edgeSecret,
    DIT_INGEST_EVENT_LOG_PATH: data.eventLog,
    DIT_EDGE_EDGE_SECRET: secrets.edgeSecret,
    DIT_SINK_SERVICE_SECRET: secrets.serviceSecret,
    DIT_SINK_KEY_ENCRYPTION_KEY: secrets.keyEncryptionKey,
    DIT_SINK_EVENT_LOG_PATH: data.eventLog,
    DIT_SINK_DOCUMENTS_PATH: data.documents,
    DIT_SINK_WAREHOUSE_PATH: data.warehouse,
    DIT_REID_SERVICE_SECRET: secrets.serviceSecret,
    DIT_REID_MONITOR_SECRET: secrets.monitorSecret,
    DIT_REID_DOCUMENTS_PATH: data.documents,
    DIT_REID_WAREHOUSE_PATH: data.warehouse,
    DIT_REID_INTERVAL_MS: String(MONITOR_EVERY_MS),
    ...(shared?.production === false && ONE_ADDRESS),
  };
  for (const prefix of Object.values(SERVICES)) {
    derived[`${prefix}_ENVIRONMENT`] = shared?.environment;
    derived[`${prefix}_PRODUCTION`] = shared && String(shared.production);
    derived[`${prefix}_LOG_LEVEL`] = shared?.logLevel;
    if (freePorts) derived[`${prefix}_LISTEN_PORT`] = "0";
  }
  const missing = Object.entries(derived).filter(
    ([name, value]) => value !== undefined && env[name] === undefined && env[`${name}_FILE`] === undefined,
  );
  return { ...env, ...Object.fromEntries(missing) };
}

/** What fits in one box is measured in a second or two. */
const MONITOR_EVERY_MS = 60_000;

/** All simulated clients come from one address. */
const ONE_ADDRESS = { DIT_EDGE_RATE_PER_SECOND: "100000", DIT_EDGE_RATE_BURST: "100000" };
