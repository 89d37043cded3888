import { mkdtemp, rm } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { type Deployment, startDeployment } from "@dit/dit/deployment";
import { REPORTS_TOPIC } from "@dit/protocol";
import type { KeyDocument } from "@dit/protocol/schemas";
import { evaluationSeconds } from "./evaluation-seconds.ts";
import {
  fetchTokens,
  type LoadTarget,
  newAccounts,
  readKeys,
  repeat,
  sendReport,
  TOKENS_AT_ONCE,
  tokensFor,
} from "./load.ts";
import { logBytes } from "./log-bytes.ts";
import { processorSeconds } from "./processor-seconds.ts";
import { redisMemoryBytes } from "./redis-memory.ts";
import type { MeasuredCosts, UnitCosts } from "./unit-costs.ts";
import { warehouseDisk } from "./warehouse-disk.ts";

const EVENTS_PER_REPORT = 20;
const REPORTS_PER_TOKEN = 8;
const SMALL_BATCH = 1;
const POLL_MS = 100;
const IDLE_MS = 5_000;

const SERVICES = ["acs", "edge", "ingest", "sink"] as const;
const ENGINES = ["redis", "kafka", "clickhouse"] as const;
type Part = (typeof SERVICES)[number] | (typeof ENGINES)[number];
type Times = Readonly<Record<Part, number>>;

export interface Measurement {
  readonly issueRequests: number;
  readonly reports: number;
  /** Not counted: what a compiler learns in them, a service knows after its first minute. */
  readonly warmUpReports: number;
  readonly say: (line: string) => void;
}

/**
 * One of each service and engine on this machine, one kind of operation after another, and what each process spent on it. Processor time and
 * not how long it took: so it hardly matters that all share the machine's cores with one another and with the load.
 */
export async function measureUnitCosts(measurement: Measurement): Promise<MeasuredCosts> {
  const directory = await mkdtemp(join(tmpdir(), "dit-capacity-"));
  try {
    const engines = { redis: true, postgres: true };
    const { say } = measurement;
    const deployment = await startDeployment({ env: {}, directory, engines, copies: 1, partitions: 4, say });
    try {
      const costs = await measure(deployment, directory, measurement);
      return {
        machine: `${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}`,
        loadAverage: loadavg()[1] ?? 0,
        evaluationSeconds: await evaluationSeconds(),
        eventsPerReport: EVENTS_PER_REPORT,
        reportsPerToken: REPORTS_PER_TOKEN,
        costs,
      };
    } finally {
      await deployment.stop();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function measure(
  deployment: Deployment,
  directory: string,
  { issueRequests, reports, warmUpReports, say }: Measurement,
): Promise<UnitCosts> {
  const target = await targetOf(deployment);
  const keys = await readKeys(target);
  say("warming up");
  await takeReports(deployment, target, keys, warmUpReports);
  say(`${issueRequests} requests for ${TOKENS_AT_ONCE} tokens, and as many for ${SMALL_BATCH}`);
  const large = await issue(deployment, target, keys, issueRequests, TOKENS_AT_ONCE);
  const small = await issue(deployment, target, keys, issueRequests, SMALL_BATCH);
  const acsSecondsPerToken = (large.times.acs - small.times.acs) / (TOKENS_AT_ONCE - SMALL_BATCH);
  say(`${reports} reports of ${EVENTS_PER_REPORT} events`);
  const taken = await takeReports(deployment, target, keys, reports, join(directory, "kafka"));
  const { bytes, events } = await warehouseDisk(deployment.engines.clickhouse.url);
  const perEvent = (part: Part) => taken.times[part] / EVENTS_PER_REPORT;
  return {
    acsSecondsPerIssueRequest: small.times.acs - SMALL_BATCH * acsSecondsPerToken,
    acsSecondsPerToken,
    acsSecondsPerReport: taken.times.acs,
    edgeSecondsPerReport: taken.times.edge,
    ingestSecondsPerReport: taken.times.ingest,
    sinkSecondsPerEvent: perEvent("sink"),
    redisSecondsPerIssueRequest: large.times.redis,
    redisSecondsPerReport: taken.times.redis,
    kafkaSecondsPerReport: taken.times.kafka,
    warehouseSecondsPerEvent: perEvent("clickhouse"),
    redisBytesPerToken: taken.redisBytes * REPORTS_PER_TOKEN,
    redisBytesPerAccount: large.redisBytes,
    requestBytesPerReport: taken.requestBytes,
    logBytesPerReport: taken.logBytes,
    warehouseBytesPerEvent: bytes / events,
  };
}

async function targetOf({ instances, environment }: Deployment): Promise<LoadTarget> {
  const [acsUrl = "", edgeUrl = "", identityProviderUrl = ""] = [
    instances.acsUrl[0],
    instances.edgeUrl[0],
    instances.identityProviderUrl[0],
  ];
  return { acsUrl, edgeUrl, identityProviderUrl, environment, poprf: await createLibsodiumPoprf() };
}

/** For each request. */
async function issue(
  deployment: Deployment,
  target: LoadTarget,
  keys: KeyDocument,
  requests: number,
  batch: number,
) {
  const accounts = await newAccounts(target, requests);
  const spent = await watch(deployment, () =>
    repeat(requests, (index) => fetchTokens(target, keys, accounts[index] ?? "", batch)),
  );
  return { times: eachOf(spent.times, requests), redisBytes: spent.redisBytes / requests };
}

/** For each report, from the edge's door until it is stored. */
async function takeReports(
  deployment: Deployment,
  target: LoadTarget,
  keys: KeyDocument,
  reports: number,
  brokerDirectory?: string,
) {
  const tokens = await tokensFor(target, keys, Math.ceil(reports / REPORTS_PER_TOKEN));
  const bytesBefore = brokerDirectory === undefined ? 0 : await logBytes(brokerDirectory, REPORTS_TOPIC);
  let sizes: readonly number[] = [];
  const spent = await watch(deployment, async () => {
    sizes = await repeat(reports, (index) => {
      const token = tokens[Math.floor(index / REPORTS_PER_TOKEN)];
      if (token === undefined) throw new Error("there are too few tokens");
      return sendReport(target, token, EVENTS_PER_REPORT);
    });
    while ((await deployment.account.pending()) > 0) await sleep(POLL_MS);
  });
  const bytes = brokerDirectory === undefined ? 0 : await logBytes(brokerDirectory, REPORTS_TOPIC);
  return {
    times: eachOf(spent.times, reports),
    redisBytes: spent.redisBytes / reports,
    requestBytes: sizes.reduce((total, size) => total + size, 0) / reports,
    logBytes: (bytes - bytesBefore) / reports,
  };
}

/** What `work` makes each process spend beyond what it spends on nothing, and Redis keep. */
async function watch(
  deployment: Deployment,
  work: () => Promise<unknown>,
): Promise<{ readonly times: Times; readonly redisBytes: number }> {
  const idle = await spentOn(deployment, () => sleep(IDLE_MS));
  const redisUrl = deployment.engines.redis?.url ?? "";
  const bytesBefore = await redisMemoryBytes(redisUrl);
  const spent = await spentOn(deployment, work);
  const times = mapTimes(
    spent.times,
    (seconds, part) => seconds - (idle.times[part] * spent.elapsedMs) / idle.elapsedMs,
  );
  return { times, redisBytes: (await redisMemoryBytes(redisUrl)) - bytesBefore };
}

async function spentOn(deployment: Deployment, work: () => Promise<unknown>) {
  const before = await readTimes(deployment);
  const startedMs = performance.now();
  await work();
  const after = await readTimes(deployment);
  const times = mapTimes(after, (seconds, part) => seconds - before[part]);
  return { times, elapsedMs: performance.now() - startedMs };
}

async function readTimes({ fleet, engines }: Deployment): Promise<Times> {
  const pids = [
    ...SERVICES.map((service) => [service, fleet.of(service)[0]?.pid] as const),
    ...ENGINES.map((engine) => [engine, engines[engine]?.pid] as const),
  ];
  const read = pids.map(async ([part, pid]) => {
    if (pid === undefined) throw new Error(`${part} does not run`);
    return [part, await processorSeconds(pid)] as const;
  });
  return Object.fromEntries(await Promise.all(read)) as Times;
}

function eachOf(times: Times, count: number): Times {
  return mapTimes(times, (seconds) => seconds / count);
}

function mapTimes(times: Times, change: (seconds: number, part: Part) => number): Times {
  const changed = Object.entries(times).map(([part, seconds]) => [part, change(seconds, part as Part)]);
  return Object.fromEntries(changed) as Times;
}
