import { fromBase64Url, toBase64Url } from "@dit/crypto-core";
import { nowSeconds } from "@dit/service-kit";
import { type Document, type DocumentsCommit, VersionConflictError } from "@dit/storage";
import type { SinkContext } from "./context.ts";
import type { SinkMetrics } from "./sink-metrics.ts";

/**
 * The salts of stored pseudonyms: 32 random bytes a use case and rotation window, sealed at rest. Once one is destroyed, nobody can
 * tell which client a `pid` belonged to, the operator included.
 */
export interface Salts {
  /**
   * Before a batch is decided: makes the window's salt if it has none yet and its time is not over. "gone": it is over, and
   * the window never gets a salt again.
   */
  prepare(useCase: string, window: number, destroyAtSeconds: number): Promise<"live" | "gone">;
  /** While a batch is made. */
  lease(windows: readonly SaltWindow[]): Promise<SaltLease>;
  /** Destroys every salt whose time has come: the document is deleted, with an audit entry, the memory overwritten. */
  destroyExpired(): Promise<void>;
  /** Overwrites what is held in memory. */
  wipe(): void;
}

export interface SaltWindow {
  readonly useCase: string;
  readonly window: number;
}

export interface SaltLease {
  /** Undefined: destroyed since the batch was decided. */
  get(useCase: string, window: number): Uint8Array | undefined;
  /** In a fixed order. */
  all(): Uint8Array[];
  release(): void;
}

interface StoredSalt {
  readonly [key: string]: string | number;
  readonly sealed: string;
  /** Fixed when the salt is made: what clients were promised then, no later document prolongs. */
  readonly destroyAtSeconds: number;
}

/** What was destroyed stays destroyed, also if the clock is set back. Changes in the commit that destroys a salt. */
interface StoredMark {
  readonly [key: string]: number;
  /** The newest window of the use case whose salt was destroyed: neither it nor an earlier one gets a salt again. */
  readonly lastDestroyedWindow: number;
}

interface HeldSalt {
  readonly salt: Uint8Array;
  readonly destroyAtSeconds: number;
  leases: number;
  doomed: boolean;
}

const COLLECTION = "salts";
const MARKS = "destroyed-salts";
const BEFORE_ALL_WINDOWS = -1;
const SALT_BYTES = 32;
const ACTOR = "sink";

type SaltsContext = Pick<SinkContext, "documents" | "sealer" | "clock" | "random" | "logger">;

export function createSalts(context: SaltsContext, metrics: SinkMetrics): Salts {
  const { documents, sealer, clock, logger } = context;
  const held = new Map<string, HeldSalt>();
  const isOver = (destroyAtSeconds: number) => nowSeconds(clock) >= destroyAtSeconds;

  async function load(key: string): Promise<HeldSalt | undefined> {
    const known = held.get(key);
    if (known !== undefined) return known;
    const stored = await documents.get<StoredSalt>(COLLECTION, key);
    if (stored === undefined) return undefined;
    const sealed = fromBase64Url(stored.value.sealed) ?? new Uint8Array();
    const salt = await sealer.open(sealed, contextOf(key));
    return hold(key, salt, stored.value.destroyAtSeconds);
  }

  function hold(key: string, salt: Uint8Array, destroyAtSeconds: number): HeldSalt {
    // Two partitions may have opened it at once: the first stays, or its lease would outlive its place in the map.
    const known = held.get(key);
    if (known !== undefined) {
      salt.fill(0);
      return known;
    }
    const entry = { salt, destroyAtSeconds, leases: 0, doomed: false };
    held.set(key, entry);
    metrics.saltsHeld.set(held.size);
    return entry;
  }

  function drop(key: string): void {
    const entry = held.get(key);
    if (entry === undefined) return;
    held.delete(key);
    metrics.saltsHeld.set(held.size);
    entry.doomed = true;
    if (entry.leases === 0) entry.salt.fill(0);
  }

  return {
    async prepare(useCase, window, destroyAtSeconds) {
      const key = keyOf({ useCase, window });
      const known = await load(key);
      if (known !== undefined) return isOver(known.destroyAtSeconds) ? "gone" : "live";
      if (isOver(destroyAtSeconds)) return "gone";
      const mark = await documents.get<StoredMark>(MARKS, useCase);
      if (mark !== undefined && window <= mark.value.lastDestroyedWindow) return "gone";
      if (!(await create(context, { useCase, window }, destroyAtSeconds, mark)))
        return this.prepare(useCase, window, destroyAtSeconds);
      metrics.saltsCreated.inc();
      return "live";
    },

    async lease(windows) {
      const keys = [...new Set(windows.map(keyOf))].sort();
      const leased = new Map<string, HeldSalt>();
      for (const key of keys) {
        const entry = await load(key);
        if (entry === undefined) continue;
        entry.leases += 1;
        leased.set(key, entry);
      }
      return {
        get: (useCase, window) => leased.get(keyOf({ useCase, window }))?.salt,
        all: () => [...leased.values()].map(({ salt }) => salt),
        release() {
          for (const entry of leased.values()) {
            entry.leases -= 1;
            if (entry.doomed && entry.leases === 0) entry.salt.fill(0);
          }
          leased.clear();
        },
      };
    },

    async destroyExpired() {
      for (const { key, value } of await documents.list<StoredSalt>(COLLECTION)) {
        if (!isOver(value.destroyAtSeconds)) continue;
        let outcome = await destroy(context, key);
        while (outcome === "conflict") outcome = await destroy(context, key);
        drop(key);
        if (outcome === "gone") continue;
        metrics.saltsDestroyed.inc();
        logger.info("salt.destroyed", { useCase: windowOfKey(key).useCase });
      }
      for (const [key, { destroyAtSeconds }] of held) if (isOver(destroyAtSeconds)) drop(key);
      metrics.saltsChecked.set(nowSeconds(clock));
    },

    wipe() {
      for (const key of [...held.keys()]) drop(key);
    },
  };
}

/** False: another partition or sink has made it meanwhile, or has destroyed one of the use case. */
async function create(
  context: SaltsContext,
  { useCase, window }: SaltWindow,
  destroyAtSeconds: number,
  mark: Document<StoredMark> | undefined,
): Promise<boolean> {
  const key = keyOf({ useCase, window });
  const salt = context.random(SALT_BYTES);
  const sealed = toBase64Url(await context.sealer.seal(salt, contextOf(key)));
  salt.fill(0);
  const value: StoredSalt = { sealed, destroyAtSeconds };
  return await committed(context, {
    // The mark as it was read: whoever destroys a salt meanwhile changes it.
    changes: [
      { collection: COLLECTION, key, expectedVersion: 0, value },
      markChange(useCase, mark, mark?.value.lastDestroyedWindow ?? BEFORE_ALL_WINDOWS),
    ],
    audit: [auditEntry(context, "salt.created", key, destroyAtSeconds)],
  });
}

/** "conflict": another sink was faster, with this salt or another of the use case; "gone": with this one. */
async function destroy(context: SaltsContext, key: string): Promise<"destroyed" | "gone" | "conflict"> {
  const { useCase, window } = windowOfKey(key);
  const mark = await context.documents.get<StoredMark>(MARKS, useCase);
  const stored = await context.documents.get<StoredSalt>(COLLECTION, key);
  if (stored === undefined) return "gone";
  const { version, value } = stored;
  const isDestroyed = await committed(context, {
    changes: [
      { collection: COLLECTION, key, expectedVersion: version, value: undefined },
      markChange(useCase, mark, Math.max(window, mark?.value.lastDestroyedWindow ?? window)),
    ],
    audit: [auditEntry(context, "salt.destroyed", key, value.destroyAtSeconds)],
  });
  return isDestroyed ? "destroyed" : "conflict";
}

function markChange(useCase: string, mark: Document<StoredMark> | undefined, lastDestroyedWindow: number) {
  const value: StoredMark = { lastDestroyedWindow };
  return { collection: MARKS, key: useCase, expectedVersion: mark?.version ?? 0, value };
}

/** False if any document is not at its expected version. */
async function committed({ documents }: SaltsContext, commit: DocumentsCommit): Promise<boolean> {
  try {
    await documents.commit(commit);
    return true;
  } catch (error) {
    if (error instanceof VersionConflictError) return false;
    throw error;
  }
}

function auditEntry({ clock }: SaltsContext, action: string, subject: string, destroyAtSeconds: number) {
  return { atSeconds: nowSeconds(clock), actor: ACTOR, action, subject, detail: { destroyAtSeconds } };
}

function keyOf({ useCase, window }: SaltWindow): string {
  return `${useCase}/${window}`;
}

function windowOfKey(key: string): SaltWindow {
  const slash = key.lastIndexOf("/");
  return { useCase: key.slice(0, slash), window: Number(key.slice(slash + 1)) };
}

function contextOf(key: string): string {
  return `sink-salt/${key}`;
}
