import { type AcsConfig, loadAcsConfig } from "@dit/acs";
import { type EdgeConfig, loadEdgeConfig } from "@dit/edge";
import { type IngestConfig, loadIngestConfig } from "@dit/ingest";
import { baseConfigShape, ConfigError, loadConfig } from "@dit/service-kit";
import { loadSinkConfig, type SinkConfig } from "@dit/sink";
import { z } from "zod";
import type { CommandIo } from "../command.ts";
import type { DataDirectory } from "./data-directory.ts";

const warehouseSchema = z.object(baseConfigShape(8123));
const identityProviderSchema = z.object(baseConfigShape(8086));

/** Of one box: every service's own configuration, as it would be read by a process of its own. */
export interface PipelineConfig {
  readonly acs: AcsConfig;
  readonly edge: EdgeConfig;
  readonly ingest: IngestConfig;
  readonly sink: SinkConfig;
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
  const filled = fillIn(env, data, freePorts);
  const problems: string[] = [];
  const load = <T>(loader: (env: CommandIo["env"]) => T): T | undefined => {
    try {
      return loader(filled);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const config = {
    acs: load(loadAcsConfig),
    edge: load(loadEdgeConfig),
    ingest: load(loadIngestConfig),
    sink: load(loadSinkConfig),
    warehouse: load((from) => loadConfig(warehouseSchema, from, "DIT_WAREHOUSE")),
    identityProvider: load((from) => loadConfig(identityProviderSchema, from, "DIT_IDENTITY_PROVIDER")),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return config as PipelineConfig;
}

const SERVICES = ["ACS", "EDGE", "INGEST", "SINK", "WAREHOUSE", "IDENTITY_PROVIDER"] as const;

function fillIn(env: CommandIo["env"], data: DataDirectory, freePorts: boolean): CommandIo["env"] {
  const { secrets } = data;
  const derived: Record<string, string | undefined> = {
    DIT_ACS_KEY_ENCRYPTION_KEY: secrets.keyEncryptionKey,
    DIT_ACS_SERVICE_SECRET: secrets.serviceSecret,
    DIT_ACS_ADMIN_SECRET: secrets.adminSecret,
    DIT_INGEST_SERVICE_SECRET: secrets.serviceSecret,
    DIT_INGEST_EDGE_SECRET: secrets.edgeSecret,
    DIT_INGEST_EVENT_LOG_PATH: data.eventLog,
    DIT_EDGE_EDGE_SECRET: secrets.edgeSecret,
    DIT_SINK_SERVICE_SECRET: secrets.serviceSecret,
    DIT_SINK_KEY_ENCRYPTION_KEY: secrets.keyEncryptionKey,
    DIT_SINK_EVENT_LOG_PATH: data.eventLog,
    DIT_SINK_DOCUMENTS_PATH: data.documents,
    DIT_SINK_WAREHOUSE_PATH: data.warehouse,
    // All simulated clients come from one address.
    DIT_EDGE_RATE_PER_SECOND: "100000",
    DIT_EDGE_RATE_BURST: "100000",
  };
  for (const service of SERVICES) {
    derived[`DIT_${service}_ENVIRONMENT`] = env.DIT_ENVIRONMENT;
    derived[`DIT_${service}_PRODUCTION`] = env.DIT_PRODUCTION;
    derived[`DIT_${service}_LOG_LEVEL`] = env.DIT_LOG_LEVEL ?? "warn";
    if (freePorts) derived[`DIT_${service}_LISTEN_PORT`] = "0";
  }
  const missing = Object.entries(derived).filter(
    ([name, value]) => value !== undefined && env[name] === undefined && env[`${name}_FILE`] === undefined,
  );
  return { ...env, ...Object.fromEntries(missing) };
}
