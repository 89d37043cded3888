import type { Scenario, TrueFinding } from "@dit/simulator";
import type { Findings, FoundAlert } from "./findings.ts";

/** What the monitor found, beside what is planted: right if neither says anything. */
export interface Verdict {
  readonly missed: readonly string[];
  readonly wrong: readonly string[];
}

/**
 * Missed is what is planted and was not stopped, or not found, beyond the threshold for blocking, by a measure that must find it. Wrong
 * is a field that was stopped without cause, an alert about clean fields, and one about planted ones that is not in the truth. Between
 * the two are alerts about a planted field beside a clean one.
 */
export function verdictOf({ truth }: Pick<Scenario, "truth">, { stopped, alerts }: Findings): Verdict {
  const blocking = alerts.filter(({ level }) => level === "block").map(describeFinding);
  const expected = truth.findings.map(describeFinding);
  const isPlanted = (field: string) => truth.findings.some(({ fields }) => fields.includes(field));
  return {
    missed: [
      ...truth.stopped.filter((name) => !stopped.includes(name)).map((name) => `${name} is not stopped`),
      ...expected.filter((finding) => !blocking.includes(finding)),
    ],
    wrong: [
      ...stopped.filter((name) => !truth.stopped.includes(name)).map((name) => `${name} is stopped`),
      ...alerts
        .filter(({ fields }) => !fields.some(isPlanted) || fields.every(isPlanted))
        .map(describeFinding)
        .filter((finding) => !expected.includes(finding)),
    ],
  };
}

/** `linkability of use_case.event.field` */
export function describeFinding({ score, fields, in: other }: TrueFinding | FoundAlert): string {
  return `${score} of ${fields.join(" with ")}${other === undefined ? "" : ` in ${other}`}`;
}
