import type { BlockedFields } from "@dit/protocol";
import type { FieldPolicy } from "@dit/protocol/schemas";

/**
 * What is not collected under a policy. Of the policy alone, not of the time: a batch of the sink must come out the same whenever it is
 * made, so that an override ends when the job removes it, with a version of its own, and not by itself.
 */
export function blockedFieldsOf({ blocks, overrides }: FieldPolicy): BlockedFields {
  const inForce = blocks.filter(
    ({ event, field }) => !overrides.some((override) => override.event === event && override.field === field),
  );
  const byEvent = [...Map.groupBy(inForce, ({ event }) => event)];
  const sorted = byEvent.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    sorted.map(([event, itsBlocks]) => [event, itsBlocks.map(({ field }) => field).sort()]),
  );
}
