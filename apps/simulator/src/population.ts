import UserAgent from "user-agents";
import { createSeededRandom, type Random } from "./seeded-random.ts";
import { APP_VERSIONS } from "./use-case.ts";

/** How a simulated client behaves. */
export const BEHAVIOURS = {
  /** Sends what it has at its pace. */
  honest: 0.8,
  /** Has no network for stretches of time; sends afterwards what it kept. */
  offline: 0.09,
  /** Loses answers and repeats its reports. */
  retrying: 0.09,
  /** Plays every attack in turn: forged MACs, over-use of a token, replays, malformed credentials. */
  hostile: 0.02,
} as const;
export type Behaviour = keyof typeof BEHAVIOURS;

export interface SimulatedDevice {
  readonly device_category: "desktop" | "mobile" | "tablet";
  readonly platform: UserAgentPlatform;
  readonly app_version: (typeof APP_VERSIONS)[number];
  readonly after_crash: boolean;
  readonly screen_width: number;
  readonly screen_height: number;
  readonly language: string;
  /** A third of the real browsers do not tell of their connection; neither do these. */
  readonly connection_type?: "cellular" | "wifi";
  readonly effective_connection?: "3g" | "4g";
  readonly round_trip_ms?: number;
}
type UserAgentData = Omit<ReturnType<typeof UserAgent.top>[number], "connection"> & {
  readonly deviceCategory?: string;
  readonly connection?: {
    readonly type?: "cellular" | "wifi";
    readonly effectiveType: "3g" | "4g";
    readonly rtt: number;
  };
};
type UserAgentPlatform = UserAgentData["platform"];

export interface SimulatedPerson {
  readonly account: string;
  readonly behaviour: Behaviour;
  readonly device: SimulatedDevice;
}

/** The same seed and size give the same people on the same devices. */
export function createPopulation(options: {
  readonly clients: number;
  readonly seed: number;
}): SimulatedPerson[] {
  const random = createSeededRandom(options.seed);
  const drawDevice = createDeviceSource(random);
  return Array.from({ length: options.clients }, (_, index) => ({
    account: `simulated-${options.seed}-${index}`,
    behaviour: behaviourOf(index, options.clients),
    device: drawDevice(),
  }));
}

/** Shares are exact, not drawn: every behaviour is present in any population of at least 50. */
function behaviourOf(index: number, clients: number): Behaviour {
  const position = (index + 0.5) / clients;
  let upTo = 0;
  for (const [behaviour, share] of Object.entries(BEHAVIOURS) as [Behaviour, number][]) {
    upTo += share;
    if (position < upTo) return behaviour;
  }
  return "honest";
}

/** Weighted draws from the browsers that were really seen, as the `user-agents` package publishes them. */
function createDeviceSource(random: Random): () => SimulatedDevice {
  const seen = UserAgent.top() as UserAgentData[];
  const total = seen.reduce((sum, { weight }) => sum + weight, 0);
  return () => {
    let left = random() * total;
    const drawn = seen.find(({ weight }) => {
      left -= weight;
      return left < 0;
    });
    return { ...deviceOf(drawn ?? (seen[0] as UserAgentData)), ...drawApp(random) };
  };
}

/** Made up: more people have a later version, and crash less. */
function drawApp(random: Random): Pick<SimulatedDevice, "app_version" | "after_crash"> {
  const index = Math.floor(Math.sqrt(random()) * APP_VERSIONS.length);
  const app_version = APP_VERSIONS[index] ?? APP_VERSIONS[0];
  return { app_version, after_crash: random() < 0.3 / (index + 1) };
}

function deviceOf(data: UserAgentData): Omit<SimulatedDevice, "app_version" | "after_crash"> {
  const { connection } = data;
  return {
    device_category: data.deviceCategory as SimulatedDevice["device_category"],
    platform: data.platform,
    screen_width: data.screenWidth,
    screen_height: data.screenHeight,
    language: (data.language ?? "").slice(0, 16),
    ...(connection && { effective_connection: connection.effectiveType, round_trip_ms: connection.rtt }),
    ...(connection?.type && { connection_type: connection.type }),
  };
}
