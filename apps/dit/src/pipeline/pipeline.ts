import { createAcsService, openIssuePool } from "@dit/acs";
import { createSealer, webCryptoRandomBytes } from "@dit/crypto-core";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { createEdgeService } from "@dit/edge";
import { createIngestService } from "@dit/ingest";
import type { UseCaseInput } from "@dit/protocol/schemas";
import { createReidService, type RunReport, settingsOf as reidSettingsOf } from "@dit/reid";
import {
  type Clock,
  createAcsAdminClient,
  createAcsClient,
  createLogger,
  createMetrics,
  createUseCaseDirectory,
  type Service,
  systemClock,
} from "@dit/service-kit";
import { createSinkService, settingsOf } from "@dit/sink";
import { type Addresses, instancesOf } from "../addresses.ts";
import { checkBelonging } from "./check-belonging.ts";
import { keyFile, openDataDirectory } from "./data-directory.ts";
import { startDevelopmentIdentityProvider } from "./development-identity-provider.ts";
import { developmentUseCases } from "./development-use-cases.ts";
import { lockDataDirectory } from "./lock-data-directory.ts";
import { createPipelineAccount, pendingRecords } from "./pipeline-account.ts";
import { keyVariable, loadPipelineConfig } from "./pipeline-config.ts";
import type { RunningPipeline } from "./running-pipeline.ts";
import { warningsOf } from "./warnings.ts";

export interface PipelineOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly dataDirectory: string;
  /** Any free ports instead of the configured ones, so that it can run beside another. */
  readonly freePorts: boolean;
  /** Gets each line of the services' logs. */
  readonly writeLog: (line: string) => void;
  /** Every service's, in place of the machine's. */
  readonly clock?: Clock;
  /** To have from the start, besides those of every development box. */
  readonly useCases?: readonly UseCaseInput[];
}

/** Every service of DIT, running in this process on embedded engines. */
export interface Pipeline extends RunningPipeline {
  readonly addresses: Addresses;
  /** What an operator should know and change. */
  readonly warnings: readonly string[];
  /** A run of the re-identification monitor, beside those it makes by itself. */
  measureNow(): Promise<RunReport>;
  /** Takes no more reports, stores those that were accepted, and closes everything. `pendingReports` are in the log and not stored. */
  stop(): Promise<{ readonly pendingReports: number }>;
}

/**
 * The services are the same as in processes of their own, and so are the requests between them; but the edge calls the `fetch` of ingest's
 * app directly, and ingest and sink that of ACS's: a connection to oneself costs more than all of DIT's cryptography. What fails to
 * start takes down what has started.
 */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  // Loaded here: the other commands do not need the embedded engines' libraries, and run where there are none.
  const { openStores } = await import("./stores.ts");
  const { createWarehouseEndpointService } = await import(
    "../warehouse-endpoint/warehouse-endpoint-service.ts"
  );
  await using cleanup = new AsyncDisposableStack();
  const started = async <S extends Service>(service: S): Promise<S> => {
    cleanup.defer(() => service.stop());
    await service.start();
    return service;
  };
  const keySource = keyVariable(options.env);
  const data = await openDataDirectory(options.dataDirectory, { keyIsElsewhere: keySource !== undefined });
  const config = loadPipelineConfig(options.env, data, options.freePorts);
  await lockDataDirectory(data.path, cleanup);
  const { clock = systemClock } = options;
  const stores = await openStores(data, clock, cleanup);
  const sealer = await createSealer(config.acs.keyEncryptionKey);
  await checkBelonging(stores.documents, sealer, {
    environment: config.acs.environment,
    keySource: keySource ?? keyFile(data.path, "keyEncryptionKey"),
  });
  const parts = (service: string, { logLevel }: { logLevel: typeof config.acs.logLevel }) => ({
    ...stores,
    clock,
    logger: createLogger({ service, level: logLevel, write: options.writeLog }),
    metrics: createMetrics(service, { processMetrics: true }),
  });

  const acsParts = parts("acs", config.acs);
  const poprf = await createLibsodiumPoprf();
  const issuePool = openIssuePool({ poprf, logger: acsParts.logger, config: config.acs });
  cleanup.defer(() => issuePool?.close());
  const acs = await started(createAcsService({ ...acsParts, sealer, poprf, issuePool, config: config.acs }));
  const identityProvider = config.identityProvider.production
    ? undefined
    : await startDevelopmentIdentityProvider({
        ...parts("identity_provider", config.identityProvider),
        config: config.identityProvider,
      });
  if (identityProvider !== undefined) cleanup.defer(() => identityProvider.close());
  const inProcess = {
    baseUrl: "http://acs",
    fetch: async (input: string | URL | Request, init?: RequestInit) =>
      acs.app.fetch(new Request(input, init)),
  };
  const admin = createAcsAdminClient({ ...inProcess, adminSecret: config.acs.adminSecret });
  if (identityProvider !== undefined) {
    const documents = developmentUseCases(identityProvider.jwksUrl, options.useCases);
    for (const document of documents) await admin.applyUseCase(document);
  }
  const acsClient = createAcsClient({ ...inProcess, serviceSecret: config.acs.serviceSecret, clock });
  const directory = createUseCaseDirectory({ acs: acsClient, logger: acsParts.logger, clock });
  await directory.start();
  cleanup.defer(() => directory.stop());

  const ingestParts = parts("ingest", config.ingest);
  const edgeParts = parts("edge", config.edge);
  const account = createPipelineAccount({
    warehouse: stores.warehouse,
    pending: () => pendingRecords(stores.eventLog),
    read: async () => ({ acs: acsParts.metrics, edge: edgeParts.metrics, ingest: ingestParts.metrics }),
  });
  let pendingReports = 0;
  // After the sink has stopped, and before the log is closed.
  cleanup.defer(async () => {
    pendingReports = await account.pending();
  });
  const sink = await started(
    createSinkService({
      ...parts("sink", config.sink),
      sealer,
      directory,
      random: webCryptoRandomBytes,
      config: settingsOf(config.sink),
    }),
  );
  const reid = await started(
    createReidService({
      ...parts("reid", config.reid),
      directory,
      acs: createAcsAdminClient({ ...inProcess, adminSecret: config.reid.monitorSecret }),
      random: webCryptoRandomBytes,
      config: reidSettingsOf(config.reid),
    }),
  );
  const ingest = await started(
    createIngestService({
      ...ingestParts,
      acs: acsClient,
      directory,
      config: { ...config.ingest, limits: config.ingest },
    }),
  );
  const edge = await started(
    createEdgeService({
      ...edgeParts,
      ingestFetch: ingest.app.fetch,
      config: { ...config.edge, ingestUrl: told(ingest.url), limits: config.edge },
    }),
  );
  const endpoint = await started(
    createWarehouseEndpointService({
      ...parts("warehouse", config.warehouse),
      warehouse: stores.readOnlyWarehouse,
      config: config.warehouse,
    }),
  );

  const running = cleanup.move();
  const addresses: Addresses = {
    edgeUrl: told(edge.url),
    acsUrl: told(acs.url),
    warehouseUrl: told(endpoint.url),
    identityProviderUrl: identityProvider?.url ?? "",
    edgeAdminUrl: told(edge.adminUrl),
    acsAdminUrl: told(acs.adminUrl),
    ingestAdminUrl: told(ingest.adminUrl),
    sinkAdminUrl: told(sink.adminUrl),
    reidAdminUrl: told(reid.adminUrl),
    warehouseAdminUrl: told(endpoint.adminUrl),
  };
  return {
    environment: config.acs.environment,
    addresses,
    instances: instancesOf(addresses),
    production: config.identityProvider.production,
    warnings: warningsOf(config, directory),
    account,
    measureNow: reid.runNow,
    async stop() {
      await running.disposeAsync();
      return { pendingReports };
    },
  };
}

function told(url: string | undefined): string {
  if (url === undefined) throw new Error("a service that has started does not say where it listens");
  return url;
}
