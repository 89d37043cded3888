import { createSealer } from "@dit/crypto-core";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { type Clock, createLogger, createMetrics, type Metrics, Secret } from "@dit/service-kit";
import type { Hono } from "hono";
import { type Acs, createAcs } from "../../src/app.ts";
import type { AcsContext, AcsSettings } from "../../src/context.ts";
import type { TestStores } from "./stores.ts";

export const SERVICE_SECRET = "service-secret-service-secret-service";
export const ADMIN_SECRET = "admin-secret-admin-secret-admin-secret";
export const SERVER_SECRET = "server-secret-server-secret-server-se";
export const OTHER_SERVER_SECRET = "other-server-secret-other-server-sec";
const KEY_ENCRYPTION_KEY = new Uint8Array(32).fill(7);

export interface TestInstance extends Acs {
  readonly context: AcsContext;
  readonly metrics: Metrics;
  readonly logLines: readonly string[];
  readonly app: Hono;
}

/** One instance of ACS on given stores: real libsodium, real sealing, captured log. */
export async function createInstance(
  stores: Pick<TestStores, "counters" | "documents">,
  clock: Clock,
  overrides: { readonly config?: Partial<AcsSettings>; readonly context?: Partial<AcsContext> } = {},
): Promise<TestInstance> {
  const logLines: string[] = [];
  const metrics = createMetrics("acs");
  const context: AcsContext = {
    counters: stores.counters,
    documents: stores.documents,
    poprf: await createLibsodiumPoprf(),
    sealer: await createSealer(KEY_ENCRYPTION_KEY),
    clock,
    logger: createLogger({ service: "acs", clock, write: (line) => logLines.push(line) }),
    metrics,
    config: { ...settings(), ...overrides.config },
    ...overrides.context,
  };
  return { ...createAcs(context), context, metrics, logLines };
}

function settings(): AcsSettings {
  return {
    environment: "test",
    production: false,
    listenHost: "127.0.0.1",
    listenPort: 0,
    adminPort: 0,
    serviceSecret: new Secret(SERVICE_SECRET),
    adminSecret: new Secret(ADMIN_SECRET),
    applicationServers: {
      chat_server: new Secret(SERVER_SECRET),
      other_server: new Secret(OTHER_SERVER_SECRET),
    },
    rotationIntervalMs: 5_000,
  };
}
