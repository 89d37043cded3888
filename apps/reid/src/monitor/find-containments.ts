import { MIN_PIDS } from "../decide/judge.ts";
import { overlapOf } from "../measure/containment.ts";
import type { MeasuredField } from "../measure/measure-use-case.ts";
import type { Containment } from "../measurement.ts";
import { fullestFields, type MeasuredUseCase } from "./measured-use-case.ts";

/** Every pair of fields of different use cases that share rare values, in both directions: which of whose are whose. */
export function findContainments(useCases: readonly MeasuredUseCase[]): Containment[] {
  const fields = useCases.flatMap(fullestFields).filter(({ measurement }) => measurement.pids >= MIN_PIDS);
  return fields.flatMap((of) =>
    fields.flatMap((other) => {
      const found = sameUseCase(of, other) ? undefined : containmentOf(of, other);
      return found === undefined ? [] : [found];
    }),
  );
}

function sameUseCase(a: MeasuredField, b: MeasuredField): boolean {
  return a.measurement.useCase === b.measurement.useCase;
}

function containmentOf(of: MeasuredField, other: MeasuredField): Containment | undefined {
  const overlap = overlapOf(of.sample, other.sample);
  if (overlap === undefined || overlap.containment.share === 0) return undefined;
  return { of: of.measurement, in: other.measurement, window: of.measurement.window, ...overlap };
}
