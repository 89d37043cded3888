import type { FieldInput } from "@dit/protocol/schemas";
import type { Context } from "./context.ts";
import type { FieldValue, QueuedEvent } from "./state.ts";

/**
 * The event as it may be sent: declared fields of their declared types, in the document's order (a caller's order could tell
 * versions of an app apart), its time coarsened. Undefined for an unknown event. Counts what it leaves out.
 */
export function checkEvent(context: Context, name: string, given: unknown): QueuedEvent | undefined {
  const { settings, platform, lose } = context;
  const event = Object.hasOwn(settings.events, name) ? settings.events[name] : undefined;
  if (event === undefined) {
    lose("unknown_event");
    return undefined;
  }
  const values = typeof given === "object" && given !== null ? (given as Record<string, unknown>) : {};
  const fields: Record<string, FieldValue> = {};
  for (const [key, field] of Object.entries(event.fields)) {
    const value = Object.hasOwn(values, key) ? values[key] : undefined;
    if (isValueOf(field, value)) fields[key] = value;
    else if (value !== undefined) lose("invalid_field");
  }
  lose("unknown_field", Object.keys(values).filter((key) => !Object.hasOwn(event.fields, key)).length);
  const granularity = settings.timeGranularitySeconds;
  const at = Math.floor(platform.nowMs() / 1000 / granularity) * granularity;
  return { name, at, fields };
}

function isValueOf(field: FieldInput, value: unknown): value is FieldValue {
  if (field.type === "boolean") return typeof value === "boolean";
  if (field.type === "integer") {
    return Number.isSafeInteger(value) && Number(value) >= field.min && Number(value) <= field.max;
  }
  if (field.type === "float") return Number.isFinite(value);
  if (typeof value !== "string") return false;
  if (field.type === "enum") return field.values.includes(value);
  // A lone surrogate has no UTF-8: every party behind would read something else.
  return value.length <= field.maxLength && !/\p{Surrogate}/u.test(value);
}
