import type { FieldInput, UseCaseInput } from "./use-case.ts";

export type EventName<U extends UseCaseInput> = keyof U["events"] & string;

type ValueOf<F extends FieldInput> = F extends { type: "boolean" }
  ? boolean
  : F extends { type: "integer" | "float" }
    ? number
    : F extends { type: "enum"; values: readonly (infer V extends string)[] }
      ? V
      : string;

/** The fields one event of a use case may carry: each optional, each of its declared type. */
export type FieldsOf<U extends UseCaseInput, E extends EventName<U>> = {
  -readonly [K in keyof U["events"][E]["fields"]]?: ValueOf<U["events"][E]["fields"][K]>;
};
