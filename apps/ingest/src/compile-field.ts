import type { Field } from "@dit/protocol/schemas";

export type FieldValue = boolean | number | string;

/** What a field asks of a value, ready to run for every event: the test, and the words for a value that fails it. */
export interface CompiledField {
  readonly accepts: (value: unknown) => value is FieldValue;
  /** From the use-case document alone: the refused value is never quoted. */
  readonly expected: string;
}

export function compileField(field: Field): CompiledField {
  switch (field.type) {
    case "boolean":
      return { accepts: (value) => typeof value === "boolean", expected: "a boolean" };
    case "integer":
      return {
        accepts: (value): value is number =>
          Number.isSafeInteger(value) && Number(value) >= field.min && Number(value) <= field.max,
        expected: `an integer from ${field.min} to ${field.max}`,
      };
    case "float":
      // JSON knows no infinities, but 1e999 parses as one.
      return { accepts: (value): value is number => Number.isFinite(value), expected: "a finite number" };
    case "enum": {
      const values: ReadonlySet<unknown> = new Set(field.values);
      return { accepts: (value): value is string => values.has(value), expected: "one of its enum's values" };
    }
    case "string":
      // A lone surrogate has no UTF-8: the warehouse could not store it.
      return {
        accepts: (value): value is string =>
          typeof value === "string" && value.length <= field.maxLength && value.isWellFormed(),
        expected: `a string of at most ${field.maxLength} UTF-16 code units`,
      };
  }
}
