import { configTypes, loadConfig } from "@dit/service-kit";
import { z } from "zod";
import type { CommandIo } from "./command.ts";

const url = (port: number) => configTypes.url.default(`http://127.0.0.1:${port}`);

const schema = z.object({
  edgeUrl: url(8080),
  acsUrl: url(8081),
  warehouseUrl: url(8123),
  identityProviderUrl: url(8086),
  edgeAdminUrl: url(9080),
  acsAdminUrl: url(9081),
  ingestAdminUrl: url(9082),
  sinkAdminUrl: url(9083),
  warehouseAdminUrl: url(9123),
});

/** Where a running pipeline is reached; the defaults are those of one box. */
export type Addresses = Readonly<z.output<typeof schema>>;

/** Reads `DIT_AT_*`, as DIT_AT_ACS_URL. Throws ConfigError with every problem. */
export function addressesFrom(env: CommandIo["env"]): Addresses {
  return loadConfig(schema, env, "DIT_AT");
}

/** The data directory of one box. */
export function dataDirectoryFrom(env: CommandIo["env"], option?: string): string {
  return option ?? env.DIT_DATA_DIR ?? ".dit";
}
