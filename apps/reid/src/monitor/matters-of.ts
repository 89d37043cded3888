import { judgeDrift } from "../decide/drift.ts";
import { judge, judgeContainment, kindOf } from "../decide/judge.ts";
import type { Containment, Subject } from "../measurement.ts";
import type { Scored } from "../tables/scores.ts";
import type { Matter } from "./advance-alerts.ts";
import type { MeasuredUseCase, MeasuredWindow } from "./measured-use-case.ts";

/** A window's measurements with what was found about each; drift where the window is over. */
export function scoresOf(
  { entry }: MeasuredUseCase,
  { fields, final }: MeasuredWindow,
  driftBitsOf: (measurement: Scored["measurement"]) => number | undefined,
): Scored[] {
  const { privacy } = entry.document;
  return fields.map(({ measurement }) => ({
    measurement,
    findings: judge(measurement, privacy, final),
    driftBits: final ? driftBitsOf(measurement) : undefined,
  }));
}

/** Everything that may open or close an alert. */
export function mattersOf(scored: Scored, final: boolean): Matter[] {
  const { measurement, findings, driftBits } = scored;
  const kind = kindOf(findings) ?? "unknown";
  const all = final ? [...findings, judgeDrift(driftBits)] : findings;
  return all.map((finding) => ({
    ...subjectOf(measurement),
    finding,
    window: measurement.window,
    other: "",
    kind,
  }));
}

export function mattersOfContainment(containment: Containment, useCase: MeasuredUseCase): Matter {
  const { of, in: where, window } = containment;
  return {
    ...subjectOf(of),
    finding: judgeContainment(containment, useCase.entry.document.privacy),
    window,
    other: `${where.useCase}.${where.event}.${where.fields.join("+")}`,
    kind: "identifier",
  };
}

function subjectOf({ useCase, event, fields }: Subject): Subject {
  return { useCase, event, fields };
}
