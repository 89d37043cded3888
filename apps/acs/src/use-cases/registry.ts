import { type UseCase, useCaseSchema } from "@dit/protocol/schemas";
import { nowSeconds } from "@dit/service-kit";
import type { Document } from "@dit/storage";
import type { AcsContext } from "../context.ts";
import { onStore } from "../dependency.ts";
import { destroyAtSeconds, KEY_RINGS, type StoredKeyRing } from "../keys/key-ring.ts";
import type { LiveKey } from "../keys/live-key.ts";
import { openKey } from "../keys/open-key.ts";
import { type StoredUseCase, USE_CASES } from "./stored-use-case.ts";

/** All that issuing and redeeming need to know of a use case. */
export interface UseCaseState {
  readonly version: number;
  readonly document: UseCase;
  /** Epochs that began before this are over, whatever the clock says. */
  readonly closedBeforeSeconds: number;
  /** Those that issue or redeem now or later, oldest first. */
  readonly keys: readonly LiveKey[];
}

export type UseCaseStates = ReadonlyMap<string, UseCaseState>;

export interface UseCaseRegistry {
  /** At most `MAX_AGE_MS` old: so long does another instance's change, a kill switch say, take to be seen here. */
  current(): Promise<UseCaseStates>;
  /** Read now. To be called after every change. */
  refresh(): Promise<UseCaseStates>;
  /** Overwrites all secrets. */
  close(): void;
}

const MAX_AGE_MS = 1_000;

export function createUseCaseRegistry(context: AcsContext): UseCaseRegistry {
  const { clock, logger } = context;
  let states: UseCaseStates = new Map();
  let readAtMs = Number.NEGATIVE_INFINITY;
  let lastRead: Promise<unknown> = Promise.resolve();
  let pending: Promise<UseCaseStates> | undefined;
  const read = async () => {
    const startedAtMs = clock.nowMs();
    const stored = await onStore(logger, "documents", () => readStored(context));
    const next = await openStates(context, stored, states);
    wipeMissing(context, states, next);
    states = next;
    readAtMs = startedAtMs;
    return states;
  };
  const refresh = () => {
    const run = lastRead.then(read, read);
    lastRead = run;
    return run;
  };
  return {
    async current() {
      if (Math.abs(clock.nowMs() - readAtMs) < MAX_AGE_MS) return states;
      pending ??= refresh().finally(() => {
        pending = undefined;
      });
      return pending;
    },
    refresh,
    close() {
      wipeMissing(context, states, new Map());
      states = new Map();
      readAtMs = Number.NEGATIVE_INFINITY;
    },
  };
}

interface Stored {
  readonly useCases: readonly Document<StoredUseCase>[];
  readonly rings: ReadonlyMap<string, StoredKeyRing>;
}

/** Use cases first: a use case and its keys are created in one commit, so that none is seen without keys. */
async function readStored({ documents }: AcsContext): Promise<Stored> {
  const useCases = await documents.list<StoredUseCase>(USE_CASES);
  const rings = await documents.list<StoredKeyRing>(KEY_RINGS);
  return { useCases, rings: new Map(rings.map(({ key, value }) => [key, value])) };
}

async function openStates(
  context: AcsContext,
  { useCases, rings }: Stored,
  previous: UseCaseStates,
): Promise<UseCaseStates> {
  const states = new Map<string, UseCaseState>();
  for (const { key, version, value } of useCases) {
    const known = previous.get(key);
    const document = known?.version === version ? known.document : useCaseSchema.parse(value.document);
    const ring = rings.get(key);
    const keys = ring === undefined ? [] : await openKeys(context, document, ring, known?.keys ?? []);
    states.set(key, { version, document, closedBeforeSeconds: ring?.closedBeforeSeconds ?? 0, keys });
  }
  return states;
}

/** A key that is due to be destroyed is not opened any more, even before it is. */
async function openKeys(
  context: AcsContext,
  useCase: UseCase,
  ring: StoredKeyRing,
  opened: readonly LiveKey[],
): Promise<LiveKey[]> {
  const now = nowSeconds(context.clock);
  const live = ring.keys.filter((key) => now < destroyAtSeconds(key, useCase.epoch.graceSeconds));
  return Promise.all(
    live.map(async (stored) => {
      const known = opened.find((key) => key.keyVersion === stored.keyVersion);
      if (known === undefined) return openKey(context, useCase, stored);
      return { ...known, notBefore: stored.notBefore, notAfter: stored.notAfter };
    }),
  );
}

function wipeMissing({ poprf }: AcsContext, previous: UseCaseStates, next: UseCaseStates): void {
  for (const [useCase, { keys }] of previous) {
    const kept = new Set(next.get(useCase)?.keys.map((key) => key.keyVersion));
    const gone = keys.filter((key) => !kept.has(key.keyVersion));
    for (const key of gone) key.wipe();
    if (gone.length > 0) poprf.forgetKeys?.();
  }
}
