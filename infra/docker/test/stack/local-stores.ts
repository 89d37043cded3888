import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createLocalClickHouse, createLocalPostgres, createLocalRedis, type LocalEngine } from "@dit/local";
import { writeEmbeddedConfig } from "../clickhouse/embedded-config.ts";
import type { Compose } from "../compose/read-compose.ts";
import { readRepositoryFile } from "../repository.ts";
import { postgresSettings, valkeySettings } from "./compose-settings.ts";

/** Real servers in place of the compose file's, by the names it gives them: what runs its own command is not among them. */
export type LocalStores = Readonly<Record<"valkey" | "postgres" | "clickhouse", LocalEngine>>;

/** Fetches what they need, and starts none yet. */
export async function createLocalStores({ services }: Compose, directory: string): Promise<LocalStores> {
  const { postgres = {}, valkey = {} } = services;
  return {
    valkey: await createLocalRedis({
      directory: join(directory, "valkey"),
      settings: valkeySettings(valkey),
    }),
    postgres: await createLocalPostgres({
      directory: join(directory, "postgres"),
      settings: postgresSettings(postgres),
    }),
    clickhouse: await createLocalClickHouse({
      directory: join(directory, "clickhouse"),
      configPath: asTheSink(join(directory, "clickhouse-config")),
    }),
  };
}

/** Every client of the local one has the rights of ClickHouse's user for the sink. */
function asTheSink(directory: string): string {
  mkdirSync(directory, { recursive: true });
  const [config, users] = ["config", "users"].map((name) =>
    readRepositoryFile(`infra/clickhouse/${name}.xml`),
  );
  return writeEmbeddedConfig(directory, { config: config ?? "", users: users ?? "" }, "dit_sink");
}

/** A variable's value, a store's URL being that of the local one. */
export function withLocalStores(value: string, stores: LocalStores): string {
  const [, host = ""] = /^[a-z+]+:\/\/(?:[^@/]*@)?([a-z]+):\d+/.exec(value) ?? [];
  return Object.hasOwn(stores, host) ? stores[host as keyof LocalStores].url : value;
}
