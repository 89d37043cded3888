import { isDeepStrictEqual } from "node:util";
import type { UseCase } from "@dit/protocol/schemas";
import type { RetiredFields } from "./stored-use-case.ts";

/**
 * What a new document may not change, one line each. A field keeps its type for ever, also after it was removed: its column is
 * still there. Integers are all stored as Int64 and enums as text, so that ranges and values may change freely. As long as
 * keys live, what their epochs and counters were made with stays.
 */
export function checkCompatible(
  before: { readonly document: UseCase; readonly retired: RetiredFields },
  after: UseCase,
  hasLiveKeys: boolean,
): string[] {
  return [...changedFieldTypes(before, after), ...(hasLiveKeys ? changedTimes(before.document, after) : [])];
}

/** The types of all fields that were ever declared and are not (any more) in `after`. */
export function retiredFields(
  before: { readonly document: UseCase; readonly retired: RetiredFields },
  after: UseCase,
): RetiredFields {
  const known = everDeclared(before);
  for (const [event, { fields }] of Object.entries(after.events)) {
    for (const field of Object.keys(fields)) known.get(event)?.delete(field);
  }
  const left = [...known].filter(([, fields]) => fields.size > 0);
  return Object.fromEntries(left.map(([event, fields]) => [event, Object.fromEntries(fields)]));
}

type FieldTypes = Map<string, RetiredFields[string][string]>;

function everDeclared({
  document,
  retired,
}: {
  document: UseCase;
  retired: RetiredFields;
}): Map<string, FieldTypes> {
  const known = new Map<string, FieldTypes>(
    Object.entries(retired).map(([event, fields]) => [event, new Map(Object.entries(fields))]),
  );
  for (const [event, { fields }] of Object.entries(document.events)) {
    const types: FieldTypes = known.get(event) ?? new Map();
    for (const [field, { type }] of Object.entries(fields)) types.set(field, type);
    known.set(event, types);
  }
  return known;
}

function changedFieldTypes(
  before: { readonly document: UseCase; readonly retired: RetiredFields },
  after: UseCase,
): string[] {
  const known = everDeclared(before);
  return Object.entries(after.events).flatMap(([event, { fields }]) =>
    Object.entries(fields).flatMap(([field, { type }]) => {
      const was = known.get(event)?.get(field);
      if (was === undefined || was === type) return [];
      return [`events.${event}.fields.${field}.type: was ${was}, and its column is; take another name`];
    }),
  );
}

/** Each with why it cannot change under living keys. */
const FIXED_TIMES = [
  ["epoch.seconds", (u: UseCase) => u.epoch.seconds, "keys are bound to it"],
  ["epoch.graceSeconds", (u: UseCase) => u.epoch.graceSeconds, "counters expire by it"],
  ["pseudonym.rotationSeconds", (u: UseCase) => u.pseudonym.rotationSeconds, "pseudonyms are bound to it"],
  [
    "primaryKey.rotationSeconds",
    (u: UseCase) => u.primaryKey.rotationSeconds,
    "published keys were planned by it",
  ],
] as const;

function changedTimes(before: UseCase, after: UseCase): string[] {
  return FIXED_TIMES.filter(([, read]) => !isDeepStrictEqual(read(before), read(after))).map(
    ([path, , why]) => `${path}: cannot change while the use case has keys: ${why}`,
  );
}
