import { errorReason, nowSeconds } from "@dit/service-kit";
import { VersionConflictError } from "@dit/storage";
import type { AccountKeys } from "../account-keys.ts";
import type { AcsMetrics } from "../acs-metrics.ts";
import type { AcsContext } from "../context.ts";
import { endOverrides } from "../field-policy/end-overrides.ts";
import { requireOpenKeys } from "../use-cases/open-keys.ts";
import type { UseCaseRegistry, UseCaseStates } from "../use-cases/registry.ts";
import { advanceKeyRing } from "./advance-key-ring.ts";
import { EMPTY_KEY_RING, KEY_RINGS, type StoredKeyRing } from "./key-ring.ts";

const ACTOR = "rotation-job";

export type RotationJob = () => Promise<void>;

/**
 * Looks after everything that time decides: generates and destroys primary keys, closes epochs, destroys account keys,
 * forgets counters. Any number of instances may run it: each change is made by one of them.
 */
export function createRotationJob(parts: {
  readonly context: AcsContext;
  readonly registry: UseCaseRegistry;
  readonly accountKeys: AccountKeys;
  readonly metrics: AcsMetrics;
}): RotationJob {
  const { context, registry, accountKeys, metrics } = parts;
  return async () => {
    const now = nowSeconds(context.clock);
    const found = await registry.refresh();
    observe(metrics, found, now);
    // New keys would be sealed with what opens none of the old ones: better to stop here, at the start too.
    requireOpenKeys(found);
    await endOverrides(context, found, now);
    for (const useCase of found.keys()) await advance(parts, useCase, now);
    observe(metrics, await registry.refresh(), now);
    // An epoch is closed before the keys that closing it makes useless are destroyed.
    await accountKeys.destroyExpired(ACTOR);
    await context.counters.sweep(now);
    metrics.rotationSucceeded.set(now);
  };
}

/** One use case whose keys cannot be advanced does not keep the others from it. */
async function advance(
  { context, registry, metrics }: { context: AcsContext; registry: UseCaseRegistry; metrics: AcsMetrics },
  useCase: string,
  now: number,
): Promise<void> {
  const { documents, logger } = context;
  try {
    const document = (await registry.current()).get(useCase)?.document;
    if (document === undefined) return;
    const stored = await documents.get<StoredKeyRing>(KEY_RINGS, useCase);
    const ring = stored?.value ?? EMPTY_KEY_RING;
    const advanced = await advanceKeyRing(context, document, ring, { nowSeconds: now, actor: ACTOR });
    if (advanced === undefined) return;
    const change = {
      collection: KEY_RINGS,
      key: useCase,
      expectedVersion: stored?.version ?? 0,
      value: advanced.ring,
    };
    await documents.commit({ changes: [change], audit: advanced.audit });
    if (advanced.audit.length > 0)
      logger.info("primary_keys.advanced", { useCase, count: advanced.audit.length });
  } catch (error) {
    // Another instance did it, or the operator changed something: the next turn looks again.
    if (error instanceof VersionConflictError) return;
    metrics.rotationFailures.inc();
    logger.error("primary_keys.not_advanced", { useCase, reason: errorReason(error) });
  }
}

/** A use case without a key that issues now has no series of that key's age; one that is switched off has none at all: it needs no keys. */
function observe(metrics: AcsMetrics, states: UseCaseStates, now: number): void {
  const { liveKeys, unopenedKeys, keyAge, keyTimeLeft } = metrics;
  for (const gauge of [liveKeys, unopenedKeys, keyAge, keyTimeLeft]) gauge.reset();
  for (const [useCase, { document, keys, unopened }] of states) {
    if (!document.enabled) continue;
    const labels = { use_case: useCase };
    liveKeys.set(labels, keys.length + unopened.length);
    unopenedKeys.set(labels, unopened.length);
    const current = [...keys, ...unopened].find((key) => key.notBefore <= now && now < key.notAfter);
    if (current === undefined) continue;
    keyAge.set(labels, now - current.notBefore);
    keyTimeLeft.set(labels, current.notAfter - now);
  }
}
