import { gzipSync } from "node:zlib";
import { type ClientLimits, createClient, createMemoryStore, defineUseCase, type Timing } from "@dit/client";
import type { Poprf } from "@dit/crypto-core";
import { createSeededBytes, createSeededFraction } from "../support/seeded-random.ts";
import { createPerson, DAY_MS, MINUTE_MS, type Person } from "./person.ts";
import { createRecordingServer } from "./recording-server.ts";
import type { Transcript } from "./transcript.ts";
import { createVirtualClock, type VirtualClock } from "./virtual-clock.ts";

/** The first instant of an epoch. */
const START_MS = 20_000 * DAY_MS;

/** The epochs of the days from `firstDay` on, of `days` in all. */
export function epochsFrom(firstDay: number, days: number): number[] {
  return Array.from({ length: days - firstDay }, (_, i) => START_MS / DAY_MS + firstDay + i);
}

/** Tokens are fetched when the last ones end, and reports leave every five minutes. */
export const NO_TIMING_RULES = { ditherMs: 0, minTokenAgeMs: 0, tokenFetchDitherMs: 0, fetchAheadMs: 0 };

export interface Setting {
  readonly poprf: Poprf;
  readonly seed: number;
  readonly clients: number;
  readonly days: number;
  readonly timing: Partial<Timing>;
  readonly limits: Partial<ClientLimits>;
  readonly usesPerToken: number;
  /** How long the app's process lives: always, or only while somebody visits it. */
  readonly process: "resident" | "visits";
}

/** Everyone installs the app on the first day and goes on living; both channels' transcripts of all of it. */
export async function simulateDays(setting: Setting): Promise<Transcript> {
  let underWay = 0;
  let activity = 0;
  const counted = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    underWay++;
    activity++;
    try {
      return await work();
    } finally {
      underWay--;
    }
  };
  /** Until nothing happens any more: all that is left hangs on the clock. */
  async function settle(): Promise<void> {
    for (let quiet = 0, seen = activity; quiet < 1 || underWay > 0; quiet++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (seen !== activity) quiet = -1;
      seen = activity;
    }
  }
  const clock = createVirtualClock(START_MS, settle);
  const useCase = useCaseOf(setting);
  const server = createRecordingServer({ poprf: setting.poprf, nowMs: clock.nowMs, useCase });
  for (let account = 0; account < setting.clients; account++) {
    const random = createSeededFraction(`person ${setting.seed} ${account}`);
    const person = createPerson(random, START_MS, setting.days);
    const store = createMemoryStore();
    const platform = {
      nowMs: clock.nowMs,
      setTimer: clock.setTimer,
      clearTimer: clock.clearTimer,
      randomBytes: createSeededBytes(`device ${setting.seed} ${account}`),
      store,
      gzip: async (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes)),
      fetch: (url: string, init: RequestInit) =>
        counted(async () => {
          if (!person.isOnline(clock.nowMs())) throw new TypeError("offline");
          return server.fetch(account, url, init);
        }),
    };
    const start = () =>
      createClient({
        useCase,
        environment: server.environment,
        acsUrl: "https://acs.test",
        edgeUrl: "https://edge.test",
        pinnedKeys: server.document.keys,
        account: async () => `account-${account}`,
        consent: true,
        platform,
        poprf: setting.poprf,
        timing: setting.timing,
        limits: setting.limits,
      });
    if (setting.process === "resident") liveOn(clock, person, start);
    else liveInVisits(clock, person, start);
  }
  await clock.runUntil(START_MS + setting.days * DAY_MS);
  return server.transcript;
}

type Start = () => ReturnType<typeof createClient<ReturnType<typeof useCaseOf>>>;

function liveOn(clock: VirtualClock, person: Person, start: Start): void {
  at(clock, person.installAt, () => {
    const client = start();
    for (const visit of person.visits) logVisit(clock, visit, () => client);
  });
}

function liveInVisits(clock: VirtualClock, person: Person, start: Start): void {
  let endsAt = 0;
  for (const visit of person.visits) {
    if (visit.from < person.installAt || visit.from < endsAt) continue;
    endsAt = visit.to + MINUTE_MS;
    let client: ReturnType<Start> | undefined;
    at(clock, visit.from, () => {
      client = start();
    });
    logVisit(clock, visit, () => client);
    at(clock, endsAt, () => void client?.close());
  }
}

function logVisit(
  clock: VirtualClock,
  { moments }: Person["visits"][number],
  client: () => ReturnType<Start> | undefined,
): void {
  for (const moment of moments) {
    if (moment.at < clock.nowMs()) continue;
    at(clock, moment.at, () => {
      for (let i = 0; i < moment.events; i++)
        client()?.log("screen_shown", { duration_ms: (i * 37 + (moment.at % 9973)) | 0 });
    });
  }
}

function at(clock: VirtualClock, atMs: number, run: () => void): void {
  clock.setTimer(run, atMs - clock.nowMs());
}

function useCaseOf({ usesPerToken }: Setting) {
  return defineUseCase({
    useCase: "messaging",
    owner: "messaging team",
    purpose: "find out where delivery is slow",
    issuance: { authenticator: "application_server", serverId: "app", tokensPerEpoch: 64 },
    usesPerToken,
    epoch: { seconds: DAY_MS / 1000, graceSeconds: 3_600 },
    events: { screen_shown: { fields: { duration_ms: { type: "integer", min: 0, max: 60_000 } } } },
  });
}
