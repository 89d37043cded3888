import type { AcceptedEvent } from "@dit/protocol";

/** One client on one day, and what it reports. */
export interface Client {
  readonly name: string;
  readonly events: readonly AcceptedEvent[];
}

interface Device {
  readonly device_category: string;
  readonly platform: string;
  readonly app_version: string;
  readonly language: string;
  readonly connection_type?: string;
  readonly effective_connection?: string;
  readonly round_trip_ms?: number;
}

interface Group extends Device {
  /** Clients on each of the two days. */
  readonly clients: readonly [number, number];
  /** Of them, those whose run before ended in a crash. */
  readonly crashed: readonly [number, number];
  readonly sessions: number;
  readonly uploads: number;
  readonly uploadMs: number;
  /** Clients of which one more upload did not get through. */
  readonly unreachable: number;
}

const WIFI = { connection_type: "wifi", effective_connection: "4g" } as const;
const NO_CRASH = [0, 0] as const;

/** Alike within a group, so that every answer can be worked out by hand. */
const GROUPS: Readonly<Record<string, Group>> = {
  windows: {
    ...{ device_category: "desktop", platform: "Win32", app_version: "2.4.1", language: "en-US" },
    ...{ ...WIFI, round_trip_ms: 50, clients: [40, 40], crashed: [12, 4], sessions: 2 },
    ...{ uploads: 3, uploadMs: 100, unreachable: 12 },
  },
  iphones: {
    ...{ device_category: "mobile", platform: "iPhone", app_version: "2.4.0", language: "de-DE" },
    ...{ connection_type: "cellular", effective_connection: "3g", round_trip_ms: 200 },
    ...{ clients: [20, 33], crashed: NO_CRASH, sessions: 1, uploads: 2, uploadMs: 400, unreachable: 11 },
  },
  macs: {
    ...{ device_category: "desktop", platform: "MacIntel", app_version: "2.3.0", language: "en-US" },
    ...{ ...WIFI, round_trip_ms: 50, clients: [15, 15], crashed: [11, 11], sessions: 1 },
    ...{ uploads: 1, uploadMs: 120, unreachable: 2 },
  },
  tablets: {
    ...{ device_category: "tablet", platform: "iPad", app_version: "2.3.0", language: "fr-FR" },
    ...{ ...WIFI, round_trip_ms: 80, clients: [5, 5], crashed: NO_CRASH, sessions: 1 },
    ...{ uploads: 1, uploadMs: 120, unreachable: 0 },
  },
  linux: {
    ...{ device_category: "desktop", platform: "Linux x86_64", app_version: "2.4.1", language: "pl-PL" },
    ...{ clients: [3, 3], crashed: NO_CRASH, sessions: 1, uploads: 1, uploadMs: 90, unreachable: 0 },
  },
  androids: {
    ...{ device_category: "mobile", platform: "Linux armv81", app_version: "2.4.0", language: "it-IT" },
    ...{ connection_type: "cellular", effective_connection: "4g", round_trip_ms: 90 },
    ...{ clients: [4, 4], crashed: NO_CRASH, sessions: 1, uploads: 1, uploadMs: 400, unreachable: 0 },
  },
};

/** `at`: within the day, in Unix seconds. */
export function clientsOf(day: 0 | 1, at: number): Client[] {
  return Object.entries(GROUPS).flatMap(([group, { clients, ...what }]) =>
    Array.from({ length: clients[day] }, (_, index) => {
      const fieldsOf = eventsOf(what, index, day);
      return { name: `${group} ${index}`, events: fieldsOf.map(([name, fields]) => ({ name, at, fields })) };
    }),
  );
}

type Logged = readonly [name: string, fields: AcceptedEvent["fields"]];

function eventsOf(group: Omit<Group, "clients">, index: number, day: 0 | 1): Logged[] {
  const { crashed, sessions, uploads, uploadMs, unreachable, ...device } = group;
  const { platform, connection_type } = device;
  const where = { platform, ...(connection_type !== undefined && { connection_type }) };
  const delivered = { outcome: "ok", duration_ms: uploadMs, events: 20, ...where };
  const lost = { outcome: "unreachable", duration_ms: 5_000, ...where };
  return [
    ...repeat(sessions, (session): Logged => {
      return ["session_started", { ...device, after_crash: session === 0 && index < crashed[day] }];
    }),
    ["tokens_fetched", { outcome: "ok", duration_ms: 80, tokens: 8 }],
    ...repeat(platform === "iPhone" ? 1 : 0, (): Logged => {
      return ["tokens_fetched", { outcome: "unreachable", duration_ms: 3_000 }];
    }),
    ...repeat(uploads, (): Logged => ["report_uploaded", delivered]),
    ...repeat(index < unreachable ? 1 : 0, (): Logged => ["report_uploaded", lost]),
    [
      "timer_fired",
      { planned_ms: platform === "Win32" ? 1_000 : 2_000, late_ms: platform === "Win32" ? 5 : 15 },
    ],
    ["log_called", { duration_us: day === 0 ? 20 : 30 }],
  ];
}

function repeat(times: number, make: (index: number) => Logged): Logged[] {
  return Array.from({ length: times }, (_, index) => make(index));
}
