import { z } from "zod";

/**
 * A batch as it was decided before anything of it was inserted, kept with the committed offset. A replay takes these decisions
 * instead of making new ones: the same token must mean the same rows, or the engine would drop the difference unseen.
 */
export interface Intent {
  /** The batch ends before this offset. */
  readonly to: number;
  /** The UTC day of the decision: the day of the ledger's row and of the dead letters. */
  readonly day: string;
  readonly useCases: ReadonlyMap<string, UseCaseDecision>;
}

export interface UseCaseDecision {
  /** Version of the use-case document whose columns are filled; 0: ACS does not list the use case. */
  readonly version: number;
  /** Rotation windows whose salt was destroyed by then. */
  readonly goneWindows: readonly number[];
}

/** What the event log can keep beside an offset. */
export const MAX_INTENT_CHARACTERS = 4_096;

const encodedSchema = z.strictObject({
  to: z.int().min(1),
  day: z.iso.date(),
  uses: z.record(z.string(), z.tuple([z.int().min(0)], z.int())),
});

export function encodeIntent({ to, day, useCases }: Intent): string {
  const uses = [...useCases].map(([name, { version, goneWindows }]) => [name, [version, ...goneWindows]]);
  return JSON.stringify({ to, day, uses: Object.fromEntries(uses) });
}

/** Throws on anything that `encodeIntent` did not write: to go on without it could store a batch twice. */
export function decodeIntent(metadata: string): Intent {
  const { to, day, uses } = encodedSchema.parse(JSON.parse(metadata));
  const decisions = Object.entries(uses).map(([name, [version, ...goneWindows]]) => {
    return [name, { version, goneWindows }] as const;
  });
  const intent = { to, day, useCases: new Map(decisions) };
  // What the schema passes over in silence would be a decision that is not carried out.
  if (encodeIntent(intent) !== metadata) throw new Error("what is kept with the offset is not an intent");
  return intent;
}
