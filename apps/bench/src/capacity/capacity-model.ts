import type { Assumptions } from "./assumptions.ts";
import type { UnitCosts } from "./unit-costs.ts";

const SECONDS_PER_DAY = 86_400;

/** One line of the model: what it is, how it comes about, and how much it is for a number of clients. */
export interface CapacityLine {
  readonly group: "rates at the peak" | "cores" | "memory" | "disk and network";
  readonly what: string;
  /** In the words of the assumptions and the measured costs. */
  readonly how: string;
  readonly unit: "1/s" | "cores" | "bytes" | "bytes/s";
  readonly of: (clients: number) => number;
}

/** What a population needs. Every line is its unit cost times how often: nothing is added for safety but `coreUtilisation`. */
export function capacityModel(costs: UnitCosts, given: Assumptions): CapacityLine[] {
  const perSecond = (perClientDay: number) => (clients: number) =>
    (clients * perClientDay * given.peakFactor) / SECONDS_PER_DAY;
  const requests = perSecond(given.issueRequestsPerClientDay);
  const tokens = perSecond(given.issueRequestsPerClientDay * given.tokensPerIssueRequest);
  const reports = perSecond(given.reportsPerClientDay);
  const events = perSecond(given.reportsPerClientDay * given.eventsPerReport);
  const cores = (secondsAtPeak: (clients: number) => number) => (clients: number) =>
    secondsAtPeak(clients) / given.coreUtilisation;
  const tokensUsedPerDay = given.reportsPerClientDay / given.reportsPerToken;
  const rate = (what: string, how: string, of: CapacityLine["of"]): CapacityLine => ({
    ...{ group: "rates at the peak", what, how, unit: "1/s", of },
  });
  const core = (what: string, how: string, secondsAtPeak: CapacityLine["of"]): CapacityLine => ({
    ...{ group: "cores", what, how: `(${how}) ÷ utilisation`, unit: "cores", of: cores(secondsAtPeak) },
  });
  return [
    rate("requests for tokens", "clients × requests a day × peak", requests),
    rate("tokens", "requests × tokens a request", tokens),
    rate("reports", "clients × reports a day × peak", reports),
    rate("events", "reports × events a report", events),
    core("ACS", "requests, tokens and reports × their cost", (clients) =>
      sum(
        requests(clients) * costs.acsSecondsPerIssueRequest,
        tokens(clients) * costs.acsSecondsPerToken,
        reports(clients) * costs.acsSecondsPerReport,
      ),
    ),
    core("edge", "reports × cost", (clients) => reports(clients) * costs.edgeSecondsPerReport),
    core("ingest", "reports × cost", (clients) => reports(clients) * costs.ingestSecondsPerReport),
    core("sink", "events × cost", (clients) => events(clients) * costs.sinkSecondsPerEvent),
    core("Redis", "requests and reports × cost", (clients) =>
      sum(
        requests(clients) * costs.redisSecondsPerIssueRequest,
        reports(clients) * costs.redisSecondsPerReport,
      ),
    ),
    core(
      "Kafka",
      "reports × cost × replicas",
      (clients) => reports(clients) * costs.kafkaSecondsPerReport * given.kafkaReplicas,
    ),
    core(
      "ClickHouse, inserts",
      "events × cost × replicas",
      (clients) => events(clients) * costs.warehouseSecondsPerEvent * given.warehouseReplicas,
    ),
    {
      group: "memory",
      what: "Redis, tokens",
      how: "clients × reports a day ÷ reports a token × counter days × bytes × copies",
      unit: "bytes",
      of: (clients) =>
        clients * tokensUsedPerDay * given.counterDays * costs.redisBytesPerToken * given.redisCopies,
    },
    {
      group: "memory",
      what: "Redis, quotas",
      how: "clients × quota epochs × bytes × copies",
      unit: "bytes",
      of: (clients) => clients * given.quotaEpochs * costs.redisBytesPerAccount * given.redisCopies,
    },
    {
      group: "disk and network",
      what: "into the edge",
      how: "reports × bytes as sent",
      unit: "bytes/s",
      of: (clients) => reports(clients) * costs.requestBytesPerReport,
    },
    {
      group: "disk and network",
      what: "into Kafka, replication included",
      how: "reports × bytes on disk × replicas",
      unit: "bytes/s",
      of: (clients) => reports(clients) * costs.logBytesPerReport * given.kafkaReplicas,
    },
    {
      group: "disk and network",
      what: "Kafka's disk",
      how: "clients × reports a day × bytes × retention × replicas",
      unit: "bytes",
      of: (clients) =>
        clients *
        given.reportsPerClientDay *
        costs.logBytesPerReport *
        given.logRetentionDays *
        given.kafkaReplicas,
    },
    {
      group: "disk and network",
      what: "ClickHouse's disk",
      how: "clients × reports a day × events × bytes × retention × replicas",
      unit: "bytes",
      of: (clients) =>
        clients *
        given.reportsPerClientDay *
        given.eventsPerReport *
        costs.warehouseBytesPerEvent *
        given.retentionDays *
        given.warehouseReplicas,
    },
  ];
}

function sum(...values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
