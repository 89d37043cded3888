import type { UseCaseVersion } from "@dit/service-kit";
import type { ReidContext } from "../context.ts";
import { passesAlone } from "../decide/judge.ts";
import { type MeasuredField, measureUseCase } from "../measure/measure-use-case.ts";
import type { HashKey } from "../measure/value-hash.ts";
import { type PlannedWindow, planWindows } from "./plan-windows.ts";
import type { StoredState } from "./stored-state.ts";

/** One use case as a run found it. */
export interface MeasuredUseCase {
  readonly entry: UseCaseVersion;
  readonly windows: readonly MeasuredWindow[];
}

export interface MeasuredWindow extends PlannedWindow {
  readonly fields: readonly MeasuredField[];
}

/** Measures every window that is due. */
export async function measureDueWindows(
  { warehouse, config }: Pick<ReidContext, "warehouse" | "config">,
  entry: UseCaseVersion,
  { lastFinalWindow }: StoredState,
  key: HashKey,
  nowSeconds: number,
): Promise<MeasuredUseCase> {
  const { document } = entry;
  const windows: MeasuredWindow[] = [];
  const due = planWindows(document, lastFinalWindow ?? undefined, nowSeconds, config.settleSeconds);
  for (const planned of due) {
    const fields = await measureUseCase(warehouse, entry, planned.window, key, (measurement) =>
      passesAlone(measurement, document.privacy),
    );
    windows.push({ ...planned, fields });
  }
  return { entry, windows };
}

/** Of each single field the window in which most people were seen. */
export function fullestFields({ windows }: MeasuredUseCase): MeasuredField[] {
  const fullest = new Map<string, MeasuredField>();
  for (const field of windows.flatMap(({ fields }) => fields)) {
    const { event, fields, pids } = field.measurement;
    if (fields.length !== 1) continue;
    const name = `${event}.${fields[0]}`;
    if (pids > (fullest.get(name)?.measurement.pids ?? -1)) fullest.set(name, field);
  }
  return [...fullest.values()];
}
