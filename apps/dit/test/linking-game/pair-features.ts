import { DAY_MS, HOUR_MS, MINUTE_MS } from "./person.ts";
import type { Issuance, Redemption } from "./transcript.ts";

/** The reports of one token, in order of time: the operator can tell that they are of one client. */
export interface Group {
  readonly epoch: number;
  readonly owner: number;
  readonly reports: readonly Redemption[];
}

/** All that one account did with the issuer, in order of time. */
export type AccountHistory = readonly Issuance[];

const FAR_HOURS = 99;

/** What the operator can compare of an issuance and a group of reports: times, distances, phases, numbers and sizes, each under its name. */
export function pairFeatures(issuance: Issuance, history: AccountHistory, { reports, epoch }: Group) {
  const times = reports.map(({ atMs }) => atMs);
  const first = times[0] ?? 0;
  const last = times.at(-1) ?? 0;
  const offsets = times.map((time) => (time - issuance.atMs) / HOUR_MS);
  const distances = offsets.map(Math.abs);
  const within = (hours: number) => distances.filter((distance) => distance <= hours).length;
  const burst = Math.max(...times.map((time) => times.filter((other) => other === time).length));
  const others = history.filter((each) => each !== issuance);
  const sameEpoch = history.filter((each) => each.epoch === issuance.epoch);
  return {
    toFirst: (first - issuance.atMs) / HOUR_MS,
    toLast: (last - issuance.atMs) / HOUR_MS,
    nearest: Math.min(...distances),
    nearestAfter: Math.min(FAR_HOURS, ...offsets.filter((offset) => offset >= 0)),
    nearestBefore: Math.min(FAR_HOURS, ...offsets.filter((offset) => offset < 0).map(Math.abs)),
    nearestOfDay: Math.min(...times.map((time) => circular(time - issuance.atMs, DAY_MS))) / HOUR_MS,
    firstOfDay: circular(first - issuance.atMs, DAY_MS) / HOUR_MS,
    lastOfDay: circular(last - issuance.atMs, DAY_MS) / HOUR_MS,
    meanOfDay:
      times.reduce((sum, time) => sum + circular(time - issuance.atMs, DAY_MS), 0) / times.length / HOUR_MS,
    phaseOfFiveMinutes: circular(first - issuance.atMs, 5 * MINUTE_MS),
    phaseOfHour: circular(first - issuance.atMs, HOUR_MS),
    withinQuarter: within(0.25),
    withinHour: within(1),
    withinThreeHours: within(3),
    issuanceOfDay: issuance.atMs % DAY_MS,
    firstUseOfDay: first % DAY_MS,
    lastUseOfDay: last % DAY_MS,
    uses: times.length,
    usesPerHour: times.length / ((last - first) / HOUR_MS + 0.1),
    longestGap: Math.max(0, ...times.slice(1).map((time, i) => time - (times[i] ?? 0))) / HOUR_MS,
    burst,
    bodyBytes: reports.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0) / reports.length,
    largestBody: Math.max(...reports.map(({ bodyBytes }) => bodyBytes)),
    count: issuance.count,
    sizes: issuance.requestBytes + issuance.responseBytes,
    epochsAhead: epoch - Math.floor(issuance.atMs / DAY_MS),
    issuedAlso: sameEpoch.length,
    turn: sameEpoch.indexOf(issuance),
    nearestOther: Math.min(FAR_HOURS, ...others.map(({ atMs }) => Math.abs(atMs - issuance.atMs) / HOUR_MS)),
    keyVersions: Number(reports.every(({ keyVersion }) => keyVersion === issuance.keyVersion)),
  };
}

function circular(differenceMs: number, periodMs: number): number {
  const phase = ((differenceMs % periodMs) + periodMs) % periodMs;
  return Math.min(phase, periodMs - phase);
}
