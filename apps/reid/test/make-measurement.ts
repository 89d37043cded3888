import type { Finding, Level } from "../src/decide/finding.ts";
import type { Measurement, Share } from "../src/measurement.ts";
import { wilsonShare } from "../src/share.ts";

/** Of so many that the bounds are next to it. */
export function certain(share: number): Share {
  return wilsonShare(Math.round(share * 1e9), 1e9);
}

/** A field of which nothing is wrong, seen with 10,000 pids in two windows. */
export function makeMeasurement(changes: Partial<Measurement> = {}): Measurement {
  return {
    useCase: "shop",
    event: "sent",
    fields: ["model"],
    schemaVersion: 1,
    window: 20_000,
    rows: 30_000,
    pids: 10_000,
    pidsBefore: 10_000,
    values: 40,
    k: 11,
    potential2: certain(0),
    potentialK: certain(0),
    exposedPids: certain(0),
    entropyBits: 4,
    linkability: undefined,
    ...changes,
  };
}

export function makeFinding(level: Level, share: number, changes: Partial<Finding> = {}): Finding {
  return {
    score: "exposed_pids",
    level,
    value: certain(share),
    threshold: { warn: 0.001, block: 0.01 },
    ...changes,
  };
}
