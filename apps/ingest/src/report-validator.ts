import { fromBase64Url } from "@dit/crypto-core";
import { type AcceptedEvent, type BlockedFields, isBlockedField, LIMITS } from "@dit/protocol";
import type { UseCase } from "@dit/protocol/schemas";
import { ProblemError } from "@dit/service-kit";
import { type CompiledField, compileField, type FieldValue } from "./compile-field.ts";
import { coarsenedTime, type EventTimeFault, eventTimeFault } from "./event-time.ts";

/** A report with its use case applied to it: what may be stored, and how much was left out and why. */
export interface CheckedReport {
  /** 16 bytes, base64url; its one canonical spelling. */
  readonly pseudonym: string;
  readonly events: readonly AcceptedEvent[];
  readonly droppedEvents: Readonly<Record<EventDrop, number>>;
  readonly droppedFieldCount: number;
  /** Values of fields that are not collected now: left out, whatever they are. */
  readonly blockedFieldCount: number;
}

export type EventDrop = "unknown_event" | EventTimeFault;

/** Throws ProblemError `report_invalid`, which names the place and what belongs there, never what was found. */
export type ReportValidator = (body: unknown, nowSeconds: number) => CheckedReport;

/**
 * The use-case document as code. Says what `reportBodySchema` says, but runs for each of 500 events of every report,
 * where a schema library takes longer than all the rest of ingest; a property test holds the two together.
 */
export function compileReportValidator(useCase: UseCase, blockedFields: BlockedFields): ReportValidator {
  const fieldsByEvent = new Map(
    Object.entries(useCase.events).map(([name, { fields }]) => [
      name,
      new Map<string, CompiledField | typeof BLOCKED>(
        Object.entries(fields).map(([field, type]) => [
          field,
          isBlockedField(blockedFields, name, field) ? BLOCKED : compileField(type),
        ]),
      ),
    ]),
  );
  const { timeGranularitySeconds } = useCase;

  return (body, nowSeconds) => {
    const report = reportShape(body);
    const events: AcceptedEvent[] = [];
    const droppedEvents = { unknown_event: 0, too_old: 0, too_far_ahead: 0 };
    let droppedFieldCount = 0;
    let blockedFieldCount = 0;
    for (const [index, entry] of report.events.entries()) {
      const event = eventShape(entry, index);
      const compiled = fieldsByEvent.get(event.name);
      const drop = compiled ? eventTimeFault(event.at, nowSeconds) : "unknown_event";
      if (!compiled || drop) {
        droppedEvents[drop ?? "unknown_event"]++;
        continue;
      }
      const { fields, droppedCount, blockedCount } = checkFields(event.fields, compiled, index);
      droppedFieldCount += droppedCount;
      blockedFieldCount += blockedCount;
      events.push({ name: event.name, at: coarsenedTime(event.at, timeGranularitySeconds), fields });
    }
    return { pseudonym: report.pseudonym, events, droppedEvents, droppedFieldCount, blockedFieldCount };
  };
}

const BLOCKED = "blocked" as const;

const MAX_NAME_LENGTH = 40;
const MAX_AT_SECONDS = 99_999_999_999;

type JsonObject = Readonly<Record<string, unknown>>;

function reportShape(body: unknown): { readonly pseudonym: string; readonly events: readonly unknown[] } {
  const { pseudonym, events, ...others } = objectAt(body, "report");
  if (Object.keys(others).length > 0) throw invalid("report", "nothing but pseudonym and events");
  if (typeof pseudonym !== "string" || fromBase64Url(pseudonym)?.length !== LIMITS.pseudonymBytes) {
    throw invalid("pseudonym", `${LIMITS.pseudonymBytes} bytes, unpadded base64url`);
  }
  if (!Array.isArray(events) || events.length < 1 || events.length > LIMITS.maxEventsPerReport) {
    throw invalid("events", `an array of 1 to ${LIMITS.maxEventsPerReport} events`);
  }
  return { pseudonym, events };
}

function eventShape(entry: unknown, index: number) {
  const event = objectAt(entry, `events[${index}]`);
  const { name, at } = event;
  if (Object.keys(event).length !== 3)
    throw invalid(`events[${index}]`, "name, at and fields, and nothing else");
  if (typeof name !== "string" || name.length > MAX_NAME_LENGTH) {
    throw invalid(`events[${index}].name`, `a string of at most ${MAX_NAME_LENGTH} characters`);
  }
  if (typeof at !== "number" || !Number.isSafeInteger(at) || at < 0 || at > MAX_AT_SECONDS) {
    throw invalid(`events[${index}].at`, "whole unix seconds");
  }
  return { name, at, fields: objectAt(event.fields, `events[${index}].fields`) };
}

function checkFields(
  given: JsonObject,
  compiled: ReadonlyMap<string, CompiledField | typeof BLOCKED>,
  index: number,
) {
  const fields: Record<string, FieldValue> = {};
  let droppedCount = 0;
  let blockedCount = 0;
  for (const name of Object.keys(given)) {
    const field = compiled.get(name);
    const value = given[name];
    if (field === undefined) droppedCount++;
    else if (field === BLOCKED) blockedCount++;
    else if (field.accepts(value)) fields[name] = value;
    else throw invalid(`events[${index}].fields.${name}`, field.expected);
  }
  return { fields, droppedCount, blockedCount };
}

function objectAt(value: unknown, path: string): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(path, "an object");
  return value as JsonObject;
}

/** `path` holds only positions and names of the use-case document, so that nothing a client made up is sent back. */
function invalid(path: string, expected: string): ProblemError {
  return new ProblemError("report_invalid", { problems: [`${path}: expected ${expected}`] });
}
