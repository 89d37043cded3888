import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type Acs, createAcs } from "@dit/acs";
import { createSealer, fromBase64Url, type KeyPair, type Poprf, type Scalar, scalar } from "@dit/crypto-core";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { createAcsAdminClient, createLogger, createMetrics, Secret, systemClock } from "@dit/service-kit";
import { openLmdbCounters } from "@dit/storage/counters/lmdb";
import { openLmdbDocuments } from "@dit/storage/documents/lmdb";

export const BENCH_ENVIRONMENT = "bench";
export const BENCH_USE_CASE = "bench";

export interface OpenAcs {
  readonly acs: Acs;
  readonly poprf: Poprf;
  readonly keyVersion: number;
  /** ACS's own: with it a bench makes tokens' MAC keys without their being issued first. */
  readonly secretKey: Scalar;
  close(): Promise<void>;
}

/** ACS as one box runs it, without sockets: real counters and documents in LMDB, and one use case. */
export async function openAcs(directory: string): Promise<OpenAcs> {
  const counters = await openLmdbCounters({ path: join(directory, "counters") });
  const documents = await openLmdbDocuments({ path: join(directory, "documents") });
  const { poprf, pairs } = await createTellingPoprf();
  const secret = () => new Secret(randomBytes(32).toString("hex"));
  const config = { ...SETTINGS, serviceSecret: secret(), adminSecret: secret() };
  const acs = createAcs({
    ...{ counters, documents, poprf, config, clock: systemClock },
    sealer: await createSealer(new Uint8Array(randomBytes(32))),
    logger: createLogger({ service: "acs", write: () => undefined }),
    metrics: createMetrics("acs"),
  });
  const admin = createAcsAdminClient({
    baseUrl: "http://acs",
    adminSecret: config.adminSecret,
    fetch: async (input, init) => acs.app.fetch(new Request(input, init)),
  });
  await admin.applyUseCase(DOCUMENT);
  const key = (await admin.keyPlan(BENCH_USE_CASE)).keys.find(({ state }) => state === "current");
  const publicKey = Buffer.from(fromBase64Url(key?.publicKey ?? "") ?? []);
  const pair = pairs.find((each) => publicKey.equals(each.publicKey));
  if (key === undefined || pair === undefined) throw new Error("ACS has made no key");
  return {
    ...{ acs, poprf, keyVersion: key.keyVersion, secretKey: pair.secretKey },
    async close() {
      acs.close();
      await counters.close();
      await documents.close();
    },
  };
}

const SETTINGS = {
  environment: BENCH_ENVIRONMENT,
  production: false,
  listenHost: "127.0.0.1",
  listenPort: 0,
  adminPort: 0,
  applicationServers: {},
  rotationIntervalMs: 60_000,
};

const DOCUMENT = {
  useCase: BENCH_USE_CASE,
  owner: "bench",
  purpose: "measures redemptions",
  issuance: { authenticator: "application_server", serverId: "bench", tokensPerEpoch: 1 },
  usesPerToken: 256,
  events: { sent: { fields: { ok: { type: "boolean" } } } },
};

/** ACS's POPRF; keeps a copy of every key that it makes. */
async function createTellingPoprf() {
  const libsodium = await createLibsodiumPoprf();
  const pairs: KeyPair[] = [];
  const generateKeyPair = () => {
    const pair = libsodium.generateKeyPair();
    pairs.push({ ...pair, secretKey: scalar(new Uint8Array(pair.secretKey)) });
    return pair;
  };
  return { poprf: { ...libsodium, generateKeyPair }, pairs };
}
