import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAcsApp } from "@dit/acs";
import {
  type Credential,
  createCredentialRequest,
  createSealer,
  element,
  epochAt,
  fromBase64Url,
  proof,
  receiveCredentials,
  reportMac,
  toBase64Url,
  transcriptDigest,
} from "@dit/crypto-core";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { createIngestService, type IngestService } from "@dit/ingest";
import {
  CREDENTIAL_HEADER,
  defineUseCase,
  formatCredentialHeader,
  LIMITS,
  REPORTS_TOPIC,
  ROUTES,
} from "@dit/protocol";
import type { IssueResponse, KeyDocument } from "@dit/protocol/schemas";
import {
  createAcsAdminClient,
  createAcsClient,
  createLogger,
  createMetrics,
  createUseCaseDirectory,
  type Metrics,
  nowSeconds,
  Secret,
  systemClock,
} from "@dit/service-kit";
import { openLmdbCounters } from "@dit/storage/counters/lmdb";
import { openLmdbDocuments } from "@dit/storage/documents/lmdb";
import { openLmdbEventLog } from "@dit/storage/event-log/lmdb";

export const EDGE_SECRET = "edge-secret-edge-secret-edge-secret";
const SERVICE_SECRET = "service-secret-service-secret-service";
const ADMIN_SECRET = "admin-secret-admin-secret-admin-secret";
const SERVER_SECRET = "server-secret-server-secret-server-se";
export const ENVIRONMENT = "test";

/** With a field of each type, so that every kind of value can be wrong. */
export const useCase = defineUseCase({
  useCase: "hostile_input",
  owner: "tests",
  purpose: "to be attacked",
  issuance: { authenticator: "application_server", serverId: "app_server", tokensPerEpoch: 10_000 },
  usesPerToken: LIMITS.maxUsesPerToken,
  timeGranularitySeconds: 60,
  events: {
    screen_view: {
      fields: {
        screen: { type: "enum", values: ["home", "settings"] },
        duration_ms: { type: "integer", min: 0, max: 60_000 },
        is_cold: { type: "boolean" },
        score: { type: "float" },
        locale: { type: "string", maxLength: 5 },
      },
    },
    crash: { fields: {} },
  },
});

export interface SignedReport {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** ACS and ingest as they run, on LMDB, without an edge and a sink. */
export interface Intake {
  readonly acs: { fetch(request: Request): Response | Promise<Response> };
  readonly ingest: IngestService;
  readonly metrics: Metrics;
  readonly logLines: readonly string[];
  readonly asService: Readonly<Record<string, string>>;
  readonly asAdmin: Readonly<Record<string, string>>;
  asAccount(account: string): Record<string, string>;
  /** Genuine credentials of one account for the epoch that runs. */
  credentials(count: number, account?: string): Promise<Credential[]>;
  keys(): Promise<KeyDocument>;
  /** Reports in the event log. */
  storedReports(): Promise<number>;
  close(): Promise<void>;
}

export async function openIntake(): Promise<Intake> {
  await using cleanup = new AsyncDisposableStack();
  const directoryPath = await mkdtemp(join(tmpdir(), "dit-hostile-"));
  cleanup.defer(() => rm(directoryPath, { recursive: true, force: true }));
  const opened = async <T extends { close(): Promise<void> }>(store: Promise<T>): Promise<T> =>
    cleanup.adopt(await store, (each) => each.close());
  const counters = await opened(openLmdbCounters({ path: join(directoryPath, "counters") }));
  const documents = await opened(openLmdbDocuments({ path: join(directoryPath, "documents") }));
  const eventLog = await opened(openLmdbEventLog({ path: join(directoryPath, "event-log") }));
  const logLines: string[] = [];
  const logger = createLogger({ service: "intake", level: "warn", write: (line) => logLines.push(line) });
  const metrics = createMetrics("ingest");
  const poprf = await createLibsodiumPoprf();
  const acs = createAcsApp({
    counters,
    documents,
    poprf,
    sealer: await createSealer(new Uint8Array(32).fill(7)),
    clock: systemClock,
    logger,
    metrics: createMetrics("acs"),
    config: {
      environment: ENVIRONMENT,
      production: false,
      listenHost: "127.0.0.1",
      listenPort: 0,
      adminPort: 0,
      serviceSecret: new Secret(SERVICE_SECRET),
      adminSecret: new Secret(ADMIN_SECRET),
      applicationServers: { app_server: new Secret(SERVER_SECRET) },
      rotationIntervalMs: 5_000,
    },
  });
  const inProcess = {
    baseUrl: "http://acs",
    fetch: async (input: string | URL | Request, init?: RequestInit) => acs.fetch(new Request(input, init)),
  };
  await createAcsAdminClient({ ...inProcess, adminSecret: new Secret(ADMIN_SECRET) }).applyUseCase(useCase);
  const acsClient = createAcsClient({ ...inProcess, serviceSecret: new Secret(SERVICE_SECRET) });
  const directory = createUseCaseDirectory({ acs: acsClient, logger });
  await directory.start();
  cleanup.defer(() => directory.stop());
  const ingest = createIngestService({
    eventLog,
    acs: acsClient,
    directory,
    clock: systemClock,
    logger,
    metrics,
    config: {
      environment: ENVIRONMENT,
      listenHost: "127.0.0.1",
      listenPort: 0,
      adminPort: 0,
      edgeSecret: new Secret(EDGE_SECRET),
    },
  });
  await ingest.start();
  cleanup.defer(() => ingest.stop());

  const asAccount = (account: string) => ({
    authorization: `Bearer app_server.${SERVER_SECRET}`,
    "dit-account": account,
  });
  const keys = async () =>
    (await (await acs.fetch(new Request(`http://acs${ROUTES.keys(useCase.useCase)}`))).json()) as KeyDocument;
  const owned = cleanup.move();
  return {
    acs,
    ingest,
    metrics,
    logLines,
    asService: { authorization: `Bearer ${SERVICE_SECRET}` },
    asAdmin: { authorization: `Bearer ${ADMIN_SECRET}` },
    asAccount,
    keys,
    async credentials(count, account = "alice") {
      const { epochSeconds, keys: published } = await keys();
      const [key] = published;
      if (key === undefined) throw new Error("no key is published");
      const info = {
        environment: ENVIRONMENT,
        useCase: useCase.useCase,
        keyVersion: key.keyVersion,
        epochSeconds,
        epoch: epochAt(nowSeconds(systemClock), epochSeconds),
      };
      const publicKey = element(bytesOf(key.publicKey));
      const { context, request } = createCredentialRequest({ poprf, info, publicKey, count });
      const response = await acs.fetch(
        new Request(`http://acs${ROUTES.issueTokens(useCase.useCase)}`, {
          method: "POST",
          headers: { "content-type": "application/json", ...asAccount(account) },
          body: JSON.stringify({ ...request, blinded: request.blinded.map(toBase64Url) }),
        }),
      );
      if (!response.ok) throw new Error(`issuance answered ${response.status}`);
      const { evaluated, proof: proofText } = (await response.json()) as IssueResponse;
      return receiveCredentials({
        poprf,
        context,
        response: {
          evaluated: evaluated.map((text) => element(bytesOf(text))),
          proof: proof(bytesOf(proofText)),
        },
      });
    },
    async storedReports() {
      const progress = await eventLog.progress(REPORTS_TOPIC, "test");
      return progress.reduce((sum, { startOffset, endOffset }) => sum + endOffset - startOffset, 0);
    },
    close: () => owned.disposeAsync(),
  };
}

/** A report as a client sends it: genuine whatever its body is, since the MAC covers just these bytes. */
export function signReport(
  { keyVersion, epoch, token, macKey }: Credential,
  body: Uint8Array,
  contentEncoding: "" | "gzip" = "",
): SignedReport {
  const contentType = "application/json";
  const digest = transcriptDigest({
    environment: ENVIRONMENT,
    useCase: useCase.useCase,
    keyVersion,
    epoch,
    token,
    contentType,
    contentEncoding,
    body,
  });
  return {
    path: ROUTES.reports(useCase.useCase),
    headers: {
      "content-type": contentType,
      ...(contentEncoding === "" ? {} : { "content-encoding": contentEncoding }),
      [CREDENTIAL_HEADER]: formatCredentialHeader({
        keyVersion,
        epoch,
        token,
        mac: reportMac(macKey, digest),
      }),
    },
    body: Uint8Array.from(body),
  };
}

/** A body that ingest accepts; `mark` makes it unlike every other one. */
export function reportBody(mark: number): Uint8Array<ArrayBuffer> {
  const at = Math.floor(Date.now() / 1000);
  const events = [{ name: "screen_view", at, fields: { score: mark } }];
  return Uint8Array.from(Buffer.from(JSON.stringify({ pseudonym: "AAECAwQFBgcICQoLDA0ODw", events })));
}

function bytesOf(text: string): Uint8Array {
  const bytes = fromBase64Url(text);
  if (bytes === undefined) throw new Error("not base64url");
  return bytes;
}
