import { LIMITS } from "@dit/protocol";
import type { Field } from "@dit/protocol/schemas";

/**
 * Column types by field type. Every integer is an Int64, so that a range may change; every field may be absent. What was accepted
 * under an older version of a document must stay storable: bounds and enum values are ingest's business.
 */
export const COLUMN_TYPES = {
  boolean: "Nullable(Bool)",
  integer: "Nullable(Int64)",
  float: "Nullable(Float64)",
  enum: "LowCardinality(Nullable(String))",
  string: "Nullable(String)",
} as const satisfies Record<Field["type"], string>;

/** The field types whose values a column of this type takes; a column keeps the type it was made with. */
const TAKEN_BY: Readonly<Record<string, readonly Field["type"][]>> = {
  [COLUMN_TYPES.boolean]: ["boolean"],
  [COLUMN_TYPES.integer]: ["integer"],
  [COLUMN_TYPES.float]: ["integer", "float"],
  [COLUMN_TYPES.enum]: ["enum", "string"],
  [COLUMN_TYPES.string]: ["enum", "string"],
};

export function columnTakes(columnType: string, fieldType: Field["type"]): boolean {
  return TAKEN_BY[columnType]?.includes(fieldType) ?? false;
}

/** Whether the engine will take the value. One that it refuses would fail the whole batch, again and again. */
export function valueFits(value: unknown, fieldType: Field["type"]): boolean {
  switch (fieldType) {
    case "boolean":
      return typeof value === "boolean";
    case "integer":
      return Number.isSafeInteger(value);
    case "float":
      return Number.isFinite(value);
    case "enum":
    case "string":
      return typeof value === "string" && value.length <= LIMITS.maxStringFieldLength && value.isWellFormed();
  }
}
