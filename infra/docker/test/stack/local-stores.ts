import { join } from "node:path";
import { createLocalClickHouse, createLocalPostgres, createLocalRedis, type LocalEngine } from "@dit/local";
import type { Compose } from "../compose/read-compose.ts";
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
    clickhouse: await createLocalClickHouse({ directory: join(directory, "clickhouse") }),
  };
}

/** A variable's value, a store's URL being that of the local one. */
export function withLocalStores(value: string, stores: LocalStores): string {
  const [, host = ""] = /^[a-z+]+:\/\/(?:[^@/]*@)?([a-z]+):\d+/.exec(value) ?? [];
  return Object.hasOwn(stores, host) ? stores[host as keyof LocalStores].url : value;
}
