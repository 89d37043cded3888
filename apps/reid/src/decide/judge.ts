import type { UseCase } from "@dit/protocol/schemas";
import type { Containment, Measurement, Share } from "../measurement.ts";
import { type Finding, gravest, isAtLeast, type Level, type Score, type Threshold } from "./finding.ts";

export type Thresholds = UseCase["privacy"];

/** Below it, every field of a small app would look unique. */
export const MIN_PIDS = 1_000;
/** Of the people of the window before: as long as fewer have come, a value that many will have may have few yet. */
const MIN_SHARE_OF_PIDS = 0.5;

/**
 * What a measurement says under a use case's thresholds. People decide, not values: any long list of versions or models has values that
 * few have, so that `potential` and `linkability` count only where at least the warning share of all people have such values.
 */
export function judge(measurement: Measurement, privacy: Thresholds, isFinal: boolean): Finding[] {
  const { exposedPids, potentialK, linkability } = measurement;
  if (!hasEnoughPeople(measurement, isFinal)) {
    return [
      { score: "exposed_pids", level: "quarantined", value: exposedPids, threshold: privacy.exposedPids },
    ];
  }
  const exposed = compare("exposed_pids", exposedPids, privacy.exposedPids);
  const people = exposedPids.lower > privacy.exposedPids.warn;
  return [
    exposed,
    ...(people ? [compare("potential", potentialK, privacy.potential)] : []),
    ...(people && linkability ? [compare("linkability", linkability, privacy.linkability)] : []),
  ];
}

/** An open window of which nothing is known before cannot be told from a quiet one: it is judged when it is over. */
function hasEnoughPeople({ pids, pidsBefore }: Measurement, isFinal: boolean): boolean {
  if (pids < MIN_PIDS) return false;
  return isFinal || (pidsBefore >= MIN_PIDS && pids >= MIN_SHARE_OF_PIDS * pidsBefore);
}

/** Whether the subject may be looked at together with others: nothing is found about it alone. */
export function passesAlone(measurement: Measurement, privacy: Thresholds): boolean {
  return !judge(measurement, privacy, true).some(({ level }) => isAtLeast(level, "warn"));
}

/** Of a field whose people's rare values are found in another use case too. */
export function judgeContainment({ containment }: Containment, privacy: Thresholds): Finding {
  return compare("containment", containment, privacy.containment);
}

/**
 * Rare and linkable is a stable identifier: nothing but not collecting it helps. Rare and not linkable is noise: coarser values would
 * serve. A finding for people to read; both are stopped alike.
 */
export function kindOf(findings: readonly Finding[]): "identifier" | "noise" | "unknown" | undefined {
  const grave = gravest(findings);
  if (grave === undefined || !isAtLeast(grave.level, "warn")) return undefined;
  const linkability = findings.find(({ score }) => score === "linkability");
  if (linkability === undefined) return "unknown";
  return isAtLeast(linkability.level, "warn") ? "identifier" : "noise";
}

function compare(score: Score, value: Share, threshold: Threshold): Finding {
  return { score, level: levelOf(value, threshold), value, threshold };
}

function levelOf({ lower, upper }: Share, { warn, block }: Threshold): Level {
  if (lower > block) return "block";
  if (lower > warn) return "warn";
  return upper > block ? "uncertain" : "fine";
}
