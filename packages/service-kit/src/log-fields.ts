type Check = (value: unknown) => boolean;

/** At most 40 characters: no token, MAC or digest (43 in base64url, 64 in hex) passes for a name. */
const name: Check = (value) => typeof value === "string" && /^[A-Za-z]\w{0,39}$/.test(value);
const count: Check = (value) => Number.isSafeInteger(value);
const amount: Check = (value) => typeof value === "number" && Number.isFinite(value);
const flag: Check = (value) => typeof value === "boolean";
/** Brokers hand offsets out as decimal text, since they outgrow a double. */
const offset: Check = (value) => count(value) || (typeof value === "string" && /^\d{1,19}$/.test(value));
/** A route's pattern, `/v1/use-cases/:useCase/keys`: each part too short for a credential. */
const route: Check = (value) => typeof value === "string" && /^(\/[\w:*.-]{0,32}){1,8}$/.test(value);
const version: Check = (value) =>
  count(value) || (typeof value === "string" && /^\d{1,6}(\.\d{1,6}){0,2}$/.test(value));

/**
 * All that a log line may hold besides its time, level, service and event. Nothing here says who or from where, and nothing
 * takes free text. Add a line only for a value that a stranger could be shown.
 */
const LOG_FIELDS = {
  useCase: name,
  /** An event's or a field's name, as its use case declares it. */
  eventName: name,
  field: name,
  /** A problem code, or another code that the program itself defines. */
  code: name,
  /** From `errorReason`. */
  reason: name,
  outcome: name,
  dependency: name,
  driver: name,
  signal: name,
  table: name,
  topic: name,
  route,
  status: count,
  count,
  total: count,
  bytes: count,
  durationMs: amount,
  delayMs: amount,
  attempt: count,
  port: count,
  keyVersion: count,
  epoch: count,
  partition: count,
  offset,
  from: offset,
  to: offset,
  version,
  enabled: flag,
} as const satisfies Record<string, Check>;

type LogField = keyof typeof LOG_FIELDS;
type NumberField =
  | "status"
  | "count"
  | "total"
  | "bytes"
  | "durationMs"
  | "delayMs"
  | "attempt"
  | "port"
  | "keyVersion"
  | "epoch"
  | "partition";

type ValueOf<Field extends LogField> = Field extends NumberField
  ? number
  : Field extends "enabled"
    ? boolean
    : Field extends "offset" | "from" | "to" | "version"
      ? number | string
      : string;

export type LogFields = { readonly [Field in LogField]?: ValueOf<Field> | undefined };

/** The allowed part of `fields`, and how many entries were left out. A value of undefined is not an entry. */
export function allowedFields(fields: LogFields): {
  readonly kept: Record<string, unknown>;
  readonly dropped: number;
} {
  const kept: Record<string, unknown> = {};
  let dropped = 0;
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (Object.hasOwn(LOG_FIELDS, key) && LOG_FIELDS[key as LogField](value)) kept[key] = value;
    else dropped += 1;
  }
  return { kept, dropped };
}
