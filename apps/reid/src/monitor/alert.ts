import type { AlertState, Transition } from "../decide/alert-state.ts";
import type { Score } from "../decide/finding.ts";
import type { Share, Subject } from "../measurement.ts";

/** What people are told of one alert. It says which field and how much, and never a value. */
export interface Alert extends Subject {
  readonly id: string;
  readonly transition: Transition;
  readonly level: AlertState["level"];
  readonly score: Score;
  /** For containment: the other field, as `use_case.event.field`. */
  readonly other: string;
  readonly window: number;
  readonly atSeconds: number;
  readonly openedAtSeconds: number;
  readonly value: Pick<Share, "share" | "lower" | "upper">;
  readonly threshold: number;
  readonly kind: "identifier" | "noise" | "unknown";
}

/** The same for the same matter, in any run. */
export function alertKey(
  { event, fields }: Pick<Subject, "event" | "fields">,
  score: Alert["score"],
  other = "",
): string {
  return [event, fields.join("+"), score, other].join("|");
}
