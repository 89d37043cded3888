import type { FieldInput } from "@dit/protocol/schemas";
import type { Random } from "../seeded-random.ts";

/** A mistake that a use case's author may make, or none, with what the monitor has to find of it under the default policy. */
export interface Scenario {
  readonly summary: string;
  /** What the app reports besides the clean fields, in one event that is called as the scenario is. */
  readonly app: Planted;
  /** The same of another app, of the same people. */
  readonly otherApp?: Planted;
  readonly truth: Truth;
}

export interface Planted {
  readonly fields: Readonly<Record<string, FieldInput>>;
  /** The values in one report: `own` draws the same for a person each time, `now` never again. */
  draw(own: Random, now: Random): Readonly<Record<string, number | string>>;
}

/** Fields are named `use_case.event.field`. */
export interface Truth {
  /** Fields that must be stopped, and no others. */
  readonly stopped: readonly string[];
  /** What must be found, each beyond its threshold for blocking. More may be, of pairs of a planted and a clean field. */
  readonly findings: readonly TrueFinding[];
}

export interface TrueFinding {
  /** `linkability`: of rotation, rare values come back under another pid. */
  readonly score: "exposed_pids" | "potential" | "linkability" | "containment";
  /** One field, or two of one event in alphabetical order. */
  readonly fields: readonly string[];
  /** For containment: the other use case's field. */
  readonly in?: string;
}
