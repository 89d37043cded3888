import { type AlertState, nextState } from "../decide/alert-state.ts";
import { type Finding, isAtLeast } from "../decide/finding.ts";
import type { Subject } from "../measurement.ts";
import { type Alert, alertKey } from "./alert.ts";
import type { StoredState } from "./stored-state.ts";

/** One finding of a run, with all that an alert about it says. */
export interface Matter extends Subject {
  readonly finding: Finding;
  readonly window: number;
  /** For containment: the other field, as `use_case.event.field`. */
  readonly other: string;
  readonly kind: Alert["kind"];
}

/**
 * The alerts that are open after a run, and what is to be told. An alert of something that this run could not look at, such as a pair of
 * which one member is an alert of its own now, stays as it is.
 */
export function advanceAlerts(
  open: StoredState["alerts"],
  matters: readonly Matter[],
  nowSeconds: number,
  drawId: () => string,
): { readonly open: StoredState["alerts"]; readonly told: readonly Alert[] } {
  const after = new Map(Object.entries(open));
  const told: Alert[] = [];
  for (const matter of matters) {
    const key = alertKey(matter, matter.finding.score, matter.other);
    const before = after.get(key);
    const { state, transition } = nextState(before?.state, matter.finding, nowSeconds);
    const shown = state ?? before?.state;
    if (shown === undefined) continue;
    const id = before?.alert.id ?? drawId();
    const alert = alertOf(
      matter,
      shown,
      { id, transition: transition ?? before?.alert.transition ?? "opened" },
      // Who is told goes by it: it does not run back where a clock was put back.
      Math.max(nowSeconds, before?.alert.atSeconds ?? 0),
    );
    if (transition !== undefined) told.push(alert);
    if (state === undefined) after.delete(key);
    else after.set(key, { state, alert });
  }
  return { open: Object.fromEntries(after), told };
}

function alertOf(
  { useCase, event, fields, finding, window, other, kind }: Matter,
  { level, openedAtSeconds }: AlertState,
  told: Pick<Alert, "id" | "transition">,
  atSeconds: number,
): Alert {
  const { share, lower, upper } = finding.value;
  return {
    ...told,
    ...{ useCase, event, fields, level, score: finding.score, other, window, kind },
    ...{ atSeconds, openedAtSeconds, value: { share, lower, upper }, threshold: finding.threshold[level] },
  };
}

/** What a use case that says `block` must not collect any more: of a pair, the field that tells more. */
export function fieldsToBlock(
  matters: readonly Matter[],
  entropyBits: (event: string, field: string) => number,
): { readonly event: string; readonly field: string; readonly reason: string }[] {
  return matters
    .filter(({ finding }) => isAtLeast(finding.level, "block"))
    .map(({ event, fields, finding, other }) => {
      const [field = ""] = fields.toSorted((a, b) => entropyBits(event, b) - entropyBits(event, a));
      const { share, lower } = finding.value;
      const where = [
        ...(fields.length > 1 ? [fields.join(" with ")] : []),
        ...(other === "" ? [] : [`in ${other}`]),
      ];
      const figures = `${share.toFixed(4)}, at least ${lower.toFixed(4)}, over ${finding.threshold.block}`;
      return { event, field, reason: [finding.score, ...where, figures].join(" ") };
    });
}
