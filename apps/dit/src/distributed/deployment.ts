import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ROUTES } from "@dit/protocol";
import { createAcsAdminClient, createLogger, createMetrics, Secret } from "@dit/service-kit";
import type { Instances } from "../addresses.ts";
import { CommandError, type CommandIo } from "../command.ts";
import { migrate } from "../migrate/migrate.ts";
import { startDevelopmentIdentityProvider } from "../pipeline/development-identity-provider.ts";
import { developmentUseCases } from "../pipeline/development-use-cases.ts";
import type { RunningPipeline } from "../pipeline/running-pipeline.ts";
import { loadSharedConfig, type SharedConfig } from "../shared-config.ts";
import { openDeploymentAccount } from "./deployment-account.ts";
import type { EngineChoice } from "./engine-choice.ts";
import { createFleet, type Fleet } from "./fleet.ts";
import { engineFailures, enginePids, type LocalEngines, startLocalEngines } from "./local-engines.ts";
import { readLogTail } from "./log-tail.ts";
import { peakMemoryBytes } from "./peak-memory.ts";
import { type DeploymentSetting, SERVICE_KINDS } from "./service-plan.ts";

export interface DeploymentOptions {
  readonly env: CommandIo["env"];
  /** Of its own, and new: engines' data, logs. */
  readonly directory: string;
  readonly engines: EngineChoice;
  /** Instances of each service. The n-th edge speaks to the n-th ingest, and that and the n-th sink to the n-th ACS. */
  readonly copies: number;
  /** Of each topic of the event log. */
  readonly partitions: number;
  /** Ends what is being started. */
  readonly signal?: AbortSignal;
  /** Told what is being done. */
  readonly say: (line: string) => void;
}

/** Every service as processes of their own, on server engines, all on this machine, from empty. */
export interface Deployment extends RunningPipeline {
  readonly engines: LocalEngines;
  readonly fleet: Fleet;
  readonly adminSecret: Secret;
  readonly serviceSecret: Secret;
  /** Throws CommandError, with the end of its log, if a service or an engine ended without being told to. */
  check(): Promise<void>;
  /** What the services logged, if anything: the end of it. */
  complaints(): Promise<readonly string[]>;
  /** Of this process, the services and the engines. */
  peakMemoryBytes(): Promise<number>;
  /** Services first, engines last. Throws CommandError if a service did not stop as it should. */
  stop(): Promise<void>;
  /** The same without letting the services finish: for one that does not work any more. */
  abandon(): Promise<void>;
}

const SECRET_BYTES = 32;
const USE_CASES_WITHIN_MS = 10_000;
const POLL_MS = 50;
const RETENTION_MS = 24 * 3_600_000;
/** All simulated clients come from one address. */
const ONE_ADDRESS = { DIT_EDGE_RATE_PER_SECOND: "100000", DIT_EDGE_RATE_BURST: "100000" };

/** Resolves once every service is ready and has the use cases of a development box. */
export async function startDeployment(options: DeploymentOptions): Promise<Deployment> {
  const { directory, copies, say } = options;
  const shared = loadSharedConfig(options.env);
  await using cleanup = new AsyncDisposableStack();
  const goOn = () => {
    if (options.signal?.aborted === true) throw new CommandError("interrupted before everything had started");
  };
  say("starting the engines");
  const engines = await startLocalEngines(options.engines, directory, cleanup);
  goOn();
  const setting = settingOf(options, shared, engines);
  const topics = { partitions: options.partitions, replication: 1, retentionMs: RETENTION_MS };
  for await (const { what } of migrate(setting.engines, topics)) say(`made: ${what}`);

  goOn();
  const logs = join(directory, "logs");
  await mkdir(logs);
  const fleet = createFleet(setting, logs);
  cleanup.defer(() => fleet.stop());
  for (const kind of SERVICE_KINDS) {
    // One monitor measures all: a second would measure the same again.
    for (let copy = 0; copy < (kind === "reid" ? 1 : copies); copy++) await fleet.add(kind);
  }
  say(`starting ${fleet.services.map(({ name }) => name).join(", ")}`);
  await fleet.start(["acs"]);
  goOn();
  const identityProvider = await startDevelopmentIdentityProvider({
    logger: createLogger({ service: "identity_provider", level: shared.logLevel, write: say }),
    metrics: createMetrics("identity_provider"),
    config: { production: shared.production, listenHost: "127.0.0.1", listenPort: 0 },
  });
  cleanup.defer(() => identityProvider.close());
  const adminSecret = new Secret(setting.secrets.adminSecret);
  const serviceSecret = new Secret(setting.secrets.serviceSecret);
  await applyUseCases(fleet, adminSecret, identityProvider.jwksUrl);
  await fleet.start(SERVICE_KINDS);

  const instances = instancesOf(fleet, engines.clickhouse.url, identityProvider.url);
  const account = await openDeploymentAccount(instances, cleanup);
  const running = cleanup.move();
  return {
    ...{ environment: setting.shared.ENVIRONMENT ?? "", production: shared.production },
    ...{ instances, account, engines, fleet, adminSecret, serviceSecret },
    async check() {
      const failures = [...(await fleet.failures()), ...(await engineFailures(engines, directory))];
      if (failures.length > 0) throw new CommandError(failures.join("\n\n"));
    },
    async complaints() {
      const said = fleet.services.map(async ({ name, logPath }) => `${name}: ${await readLogTail(logPath)}`);
      return await Promise.all(said);
    },
    peakMemoryBytes() {
      const pids = fleet.services.map(({ pid }) => pid).filter((pid) => pid !== undefined);
      return peakMemoryBytes([process.pid, ...pids, ...enginePids(engines)]);
    },
    stop: () => running.disposeAsync(),
    async abandon() {
      await fleet.kill();
      await running.disposeAsync();
    },
  };
}

function settingOf(
  { env, directory }: DeploymentOptions,
  { environment = "development", logLevel }: SharedConfig,
  engines: LocalEngines,
): DeploymentSetting {
  const secret = () => randomBytes(SECRET_BYTES).toString("base64url");
  return {
    engines: {
      eventLog: engines.kafka.url,
      warehouse: engines.clickhouse.url,
      counters: engines.redis?.url,
      documents: engines.postgres?.url,
    },
    dataDirectory: join(directory, "embedded"),
    secrets: {
      keyEncryptionKey: secret(),
      serviceSecret: secret(),
      adminSecret: secret(),
      edgeSecret: secret(),
      monitorSecret: secret(),
    },
    shared: { ENVIRONMENT: environment, LOG_LEVEL: logLevel },
    variables: { ...ONE_ADDRESS, ...env },
  };
}

/** Through one ACS; resolves once all of them have them. */
async function applyUseCases(fleet: Fleet, adminSecret: Secret, jwksUrl: string): Promise<void> {
  const urls = fleet.of("acs").map(({ plan }) => plan.url);
  const admin = createAcsAdminClient({ baseUrl: urls[0] ?? "", adminSecret });
  const documents = developmentUseCases(jwksUrl);
  for (const document of documents) await admin.applyUseCase(document);
  const deadlineMs = performance.now() + USE_CASES_WITHIN_MS;
  const pages = urls.flatMap((url) => documents.map(({ useCase }) => url + ROUTES.keys(useCase)));
  for (const page of pages) {
    while (!(await fetch(page)).ok) {
      if (performance.now() > deadlineMs) throw new CommandError(`${page} does not show the keys in time`);
      await sleep(POLL_MS);
    }
  }
}

function instancesOf(fleet: Fleet, warehouseUrl: string, identityProviderUrl: string): Instances {
  const urls = (kind: "acs" | "edge") => fleet.of(kind).map(({ plan }) => plan.url);
  const adminUrls = (kind: (typeof SERVICE_KINDS)[number]) => fleet.of(kind).map(({ plan }) => plan.adminUrl);
  return {
    edgeUrl: urls("edge"),
    acsUrl: urls("acs"),
    warehouseUrl: [warehouseUrl],
    identityProviderUrl: [identityProviderUrl],
    edgeAdminUrl: adminUrls("edge"),
    acsAdminUrl: adminUrls("acs"),
    ingestAdminUrl: adminUrls("ingest"),
    sinkAdminUrl: adminUrls("sink"),
    reidAdminUrl: adminUrls("reid"),
    warehouseAdminUrl: [],
  };
}
