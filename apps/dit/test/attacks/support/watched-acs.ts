import { type AcsService, createAcsService } from "@dit/acs";
import { createSealer, webCryptoRandomBytes } from "@dit/crypto-core";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { type Clock, createLogger, createMetrics, type Metrics, Secret } from "@dit/service-kit";
import type { Counters, Documents } from "@dit/storage";

export const SERVICE_SECRET = "service-secret-service-secret-service";
export const ADMIN_SECRET = "admin-secret-admin-secret-admin-secret";
export const PARTNER_SECRET = "partner-secret-partner-secret-partner";
export const CHAT_SECRET = "chat-server-secret-chat-server-secret";
export const KEY_ENCRYPTION_KEY = new Uint8Array(32).map((_, n) => 16 + n);

/** What requests have made an instance do. */
export interface Work {
  issueEvaluations: number;
  redeemEvaluations: number;
  /** Uses the counters were asked to count. */
  usesCounted: number;
}

export interface WatchedAcs {
  readonly service: AcsService;
  readonly url: string;
  readonly metrics: Metrics;
  readonly work: Work;
  /** Every secret that this instance drew: primary secrets and account keys. */
  readonly drawnSecrets: readonly Uint8Array[];
  /** Whether its counters fail. */
  countersAreDown: boolean;
}

/** One instance of ACS on real sockets, with real libsodium and sealing; what it does is counted. */
export async function startWatchedAcs(options: {
  readonly counters: Counters;
  readonly documents: Documents;
  readonly clock: Clock;
  readonly environment: string;
  readonly rotationIntervalMs: number;
  readonly writeLog: (line: string) => void;
}): Promise<WatchedAcs> {
  const { documents, clock, environment, rotationIntervalMs, writeLog } = options;
  const work: Work = { issueEvaluations: 0, redeemEvaluations: 0, usesCounted: 0 };
  const drawnSecrets: Uint8Array[] = [];
  const state = { countersAreDown: false };
  const real = await createLibsodiumPoprf();
  const poprf: typeof real = {
    ...real,
    generateKeyPair() {
      const pair = real.generateKeyPair();
      drawnSecrets.push(pair.secretKey.slice());
      return pair;
    },
    blindEvaluateBatch(...given) {
      work.issueEvaluations++;
      return real.blindEvaluateBatch(...given);
    },
    evaluate(...given) {
      work.redeemEvaluations++;
      return real.evaluate(...given);
    },
  };
  const counters: Counters = {
    ...options.counters,
    async use(requests) {
      if (state.countersAreDown) throw new Error("planted outage");
      work.usesCounted += requests.length;
      return options.counters.use(requests);
    },
    async take(request) {
      if (state.countersAreDown) throw new Error("planted outage");
      return options.counters.take(request);
    },
  };
  const metrics = createMetrics("acs");
  const service = createAcsService({
    counters,
    documents,
    poprf,
    clock,
    metrics,
    sealer: await createSealer(KEY_ENCRYPTION_KEY),
    logger: createLogger({ service: "acs", clock, write: writeLog }),
    randomBytes(length) {
      const bytes = webCryptoRandomBytes(length);
      drawnSecrets.push(bytes.slice());
      return bytes;
    },
    config: {
      environment,
      production: false,
      listenHost: "127.0.0.1",
      listenPort: 0,
      adminPort: 0,
      serviceSecret: new Secret(SERVICE_SECRET),
      adminSecret: new Secret(ADMIN_SECRET),
      applicationServers: {
        partner_server: new Secret(PARTNER_SECRET),
        chat_server: new Secret(CHAT_SECRET),
      },
      // How many there may be at once is another test's matter.
      limits: { minInFlightIssuances: 256, minInFlightRedemptions: 256 },
      rotationIntervalMs,
    },
  });
  await service.start();
  return Object.assign(state, { service, url: service.url ?? "", metrics, work, drawnSecrets });
}
