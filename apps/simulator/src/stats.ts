/** What a simulated population has seen so far: the clients' side of the account. */
export interface SimulationStats {
  readonly clients: number;
  readonly tokensFetched: number;
  /** Requests with a report in them that were made, repeats and attacks included. */
  readonly reportsSent: number;
  /** Different reports that were answered 202. */
  readonly reportsAccepted: number;
  /** Events in them. */
  readonly eventsAccepted: number;
  /** Refusals by problem code, as the clients were told. */
  readonly reportsRejected: Readonly<Record<string, number>>;
  /** Of them those of hostile clients, whose attacks must be refused. */
  readonly attacksRefused: number;
  /** Attacks that were answered otherwise than they must be, by attack. Always empty. */
  readonly surprises: Readonly<Record<string, number>>;
  /** What clients lost of their own, by reason. */
  readonly losses: Readonly<Record<string, number>>;
  /** Of the most recent uploads. */
  readonly uploadLatencyMs: { readonly p50: number; readonly p99: number };
}

const RECENT_UPLOADS = 4096;

/** Collects the stats of a population. */
export interface StatsCollector {
  tokensFetched(tokens: number): void;
  sent(): void;
  accepted(report: Acknowledged & { readonly latencyMs: number }): void;
  rejected(code: string): void;
  attackRefused(): void;
  surprised(attack: string): void;
  lost(reason: string, count: number): void;
  read(): SimulationStats;
}

/** A report that a client was told is durable. */
export interface Acknowledged {
  /** 16 bytes, hex. */
  readonly reportId: string;
  readonly events: number;
}

/** `onAcknowledged` gets each report the first time it is answered 202. */
export function createStatsCollector(
  clients: number,
  onAcknowledged: (report: Acknowledged) => void,
): StatsCollector {
  const totals = {
    tokensFetched: 0,
    reportsSent: 0,
    reportsAccepted: 0,
    eventsAccepted: 0,
    attacksRefused: 0,
  };
  const rejected = new Map<string, number>();
  const surprises = new Map<string, number>();
  const losses = new Map<string, number>();
  const latencies: number[] = [];
  return {
    tokensFetched: (tokens) => {
      totals.tokensFetched += tokens;
    },
    sent: () => {
      totals.reportsSent += 1;
    },
    accepted: ({ reportId, events, latencyMs }) => {
      latencies[totals.reportsAccepted % RECENT_UPLOADS] = latencyMs;
      totals.reportsAccepted += 1;
      totals.eventsAccepted += events;
      onAcknowledged({ reportId, events });
    },
    rejected: (code) => add(rejected, code, 1),
    attackRefused: () => {
      totals.attacksRefused += 1;
    },
    surprised: (attack) => add(surprises, attack, 1),
    lost: (reason, count) => add(losses, reason, count),
    read: () => ({
      clients,
      ...totals,
      reportsRejected: Object.fromEntries(rejected),
      surprises: Object.fromEntries(surprises),
      losses: Object.fromEntries(losses),
      uploadLatencyMs: { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) },
    }),
  };
}

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
