import type { Platform } from "@dit/client";
import type { Behaviour } from "./population.ts";
import type { Random } from "./seeded-random.ts";

type Fetch = Platform["fetch"];

/** An offline client alternates between this long with a network and this long without. */
const ONLINE_MS = 4_000;
const OFFLINE_MS = 3_000;
/** Of the answers of a retrying client this share is lost on the way back, after the server has done its work. */
const LOST_ANSWERS = 0.2;

/** The network as a client of that behaviour has it: real requests, some of which fail or lose their answer. */
export function createNetwork(behaviour: Behaviour, random: Random, onReport: () => void): Fetch {
  const phaseMs = random() * (ONLINE_MS + OFFLINE_MS);
  const isOffline = () => (performance.now() + phaseMs) % (ONLINE_MS + OFFLINE_MS) > ONLINE_MS;
  return async (url, init) => {
    if (behaviour === "offline" && isOffline()) throw new TypeError("offline");
    const isReport = url.endsWith("/reports");
    if (isReport) onReport();
    const response = await fetch(url, init);
    if (behaviour !== "retrying" || !isReport || random() >= LOST_ANSWERS) return response;
    await response.body?.cancel();
    throw new TypeError("the answer was lost");
  };
}
