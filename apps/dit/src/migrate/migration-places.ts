import { ConfigError, configTypes, loadConfig } from "@dit/service-kit";
import { parseDocumentsUrl, parseEventLogUrl, parseWarehouseUrl } from "@dit/storage";
import { z } from "zod";
import type { CommandIo } from "../command.ts";
import { PREFIXES } from "../shared-config.ts";

/** The servers to migrate; embedded stores make themselves. */
export interface MigrationPlaces {
  readonly documents: string | undefined;
  readonly eventLog: string | undefined;
  readonly warehouse: string | undefined;
}

const schema = z.object({
  acsDocumentsUrl: configTypes.connectionString(parseDocumentsUrl).optional(),
  sinkDocumentsUrl: configTypes.connectionString(parseDocumentsUrl).optional(),
  ingestEventLogUrl: configTypes.connectionString(parseEventLogUrl).optional(),
  sinkEventLogUrl: configTypes.connectionString(parseEventLogUrl).optional(),
  sinkWarehouseUrl: configTypes.connectionString(parseWarehouseUrl).optional(),
});
const VARIABLES = /^DIT_(ACS|INGEST|SINK)_(DOCUMENTS|EVENT_LOG|WAREHOUSE)_URL(_FILE)?$/;

/**
 * Reads the services' own variables, and no others of theirs. What ACS and ingest are told is used before what the sink is told: it is the
 * same server, perhaps as another user. Throws ConfigError, also if there is nothing to migrate.
 */
export function loadMigrationPlaces(env: CommandIo["env"]): MigrationPlaces {
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => VARIABLES.test(name)));
  const { acsDocumentsUrl, sinkDocumentsUrl, ingestEventLogUrl, sinkEventLogUrl, sinkWarehouseUrl } =
    loadConfig(schema, own, "DIT");
  const places = {
    documents: (acsDocumentsUrl ?? sinkDocumentsUrl)?.reveal(),
    eventLog: (ingestEventLogUrl ?? sinkEventLogUrl)?.reveal(),
    warehouse: sinkWarehouseUrl?.reveal(),
  };
  if (Object.values(places).every((place) => place === undefined)) {
    throw new ConfigError([
      `${PREFIXES.acs}_DOCUMENTS_URL, ${PREFIXES.ingest}_EVENT_LOG_URL, ${PREFIXES.sink}_WAREHOUSE_URL: none is set, and embedded stores need no migration`,
    ]);
  }
  return places;
}
