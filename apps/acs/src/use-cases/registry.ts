import { type FieldPolicy, type UseCase, useCaseSchema } from "@dit/protocol/schemas";
import { errorReason, nowSeconds } from "@dit/service-kit";
import type { Document } from "@dit/storage";
import type { AcsContext } from "../context.ts";
import { destroyAtSeconds, KEY_RINGS, type StoredKey, type StoredKeyRing } from "../keys/key-ring.ts";
import type { LiveKey } from "../keys/live-key.ts";
import { openKey } from "../keys/open-key.ts";
import { type StoredUseCase, USE_CASES } from "./stored-use-case.ts";

/** All that issuing and redeeming need to know of a use case. */
export interface UseCaseState {
  readonly version: number;
  readonly document: UseCase;
  readonly fieldPolicy: FieldPolicy;
  /** Epochs that began before this are over, whatever the clock says. */
  readonly closedBeforeSeconds: number;
  /** Those that issue or redeem now or later, oldest first. */
  readonly keys: readonly LiveKey[];
  /** Those that should and cannot: what is asked of them cannot be answered now. Every read tries again. */
  readonly unopened: readonly UnopenedKey[];
}

export interface UnopenedKey extends Omit<StoredKey, "sealedSecret"> {
  /** Why, as `errorReason` has it. */
  readonly code: string;
}

export type UseCaseStates = ReadonlyMap<string, UseCaseState>;

export interface UseCaseRegistry {
  /** At most `MAX_AGE_MS` old: so long does another instance's change, a kill switch say, take to be seen here. */
  current(): Promise<UseCaseStates>;
  /** Read now. To be called after every change. */
  refresh(): Promise<UseCaseStates>;
  /** As last read. */
  latest(): UseCaseStates;
  /** Overwrites all secrets. */
  close(): void;
}

const MAX_AGE_MS = 1_000;

/** `onRead` hears of every state that was read, once it is the latest. */
export function createUseCaseRegistry(
  context: AcsContext,
  onRead: (states: UseCaseStates) => void = () => undefined,
): UseCaseRegistry {
  const { clock } = context;
  let states: UseCaseStates = new Map();
  let readAtMs = Number.NEGATIVE_INFINITY;
  let lastRead: Promise<unknown> = Promise.resolve();
  let pending: Promise<UseCaseStates> | undefined;
  const read = async () => {
    const startedAtMs = clock.nowMs();
    const stored = await readStored(context);
    const next = await openStates(context, stored, states);
    wipeMissing(context, states, next);
    logUnopened(context, states, next);
    states = next;
    readAtMs = startedAtMs;
    onRead(states);
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
    latest: () => states,
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
    const { keys, unopened } = await openKeys(context, document, ring, known?.keys ?? []);
    const closedBeforeSeconds = ring?.closedBeforeSeconds ?? 0;
    const { fieldPolicy } = value;
    states.set(key, { version, document, fieldPolicy, closedBeforeSeconds, keys, unopened });
  }
  return states;
}

/**
 * A key that is due to be destroyed is not opened any more, even before it is. One that cannot be opened keeps neither the
 * others nor other use cases from working.
 */
async function openKeys(
  context: AcsContext,
  useCase: UseCase,
  ring: StoredKeyRing | undefined,
  opened: readonly LiveKey[],
): Promise<Pick<UseCaseState, "keys" | "unopened">> {
  const now = nowSeconds(context.clock);
  const keys: LiveKey[] = [];
  const unopened: UnopenedKey[] = [];
  for (const stored of ring?.keys ?? []) {
    const { sealedSecret: _, ...shown } = stored;
    if (now >= destroyAtSeconds(stored, useCase.epoch.graceSeconds)) continue;
    const known = opened.find((key) => key.keyVersion === stored.keyVersion);
    try {
      if (known === undefined) keys.push(await openKey(context, useCase, stored));
      else keys.push({ ...known, notBefore: stored.notBefore, notAfter: stored.notAfter });
    } catch (error) {
      unopened.push({ ...shown, code: errorReason(error) });
    }
  }
  return { keys, unopened };
}

/** Once when a key turns out not to open, and once when it does again or is gone: not at every read. */
function logUnopened({ logger }: AcsContext, previous: UseCaseStates, next: UseCaseStates): void {
  const before = unopenedKeys(previous);
  const after = unopenedKeys(next);
  for (const [id, { useCase, keyVersion, code }] of after) {
    if (!before.has(id)) logger.error("primary_key.not_opened", { useCase, keyVersion, code });
  }
  for (const [id, { useCase, keyVersion, code }] of before) {
    if (!after.has(id)) logger.info("primary_key.recovered", { useCase, keyVersion, code });
  }
}

function unopenedKeys(states: UseCaseStates) {
  const named = [...states].flatMap(([useCase, { unopened }]) =>
    unopened.map(({ keyVersion, code }) => ({ useCase, keyVersion, code })),
  );
  return new Map(named.map((key) => [JSON.stringify(key), key]));
}

function wipeMissing({ poprf }: AcsContext, previous: UseCaseStates, next: UseCaseStates): void {
  for (const [useCase, { keys }] of previous) {
    const kept = new Set(next.get(useCase)?.keys.map((key) => key.keyVersion));
    const gone = keys.filter((key) => !kept.has(key.keyVersion));
    for (const key of gone) key.wipe();
    if (gone.length > 0) poprf.forgetKeys?.();
  }
}
