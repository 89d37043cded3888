import { nowSeconds, ProblemError } from "@dit/service-kit";
import { VersionConflictError } from "@dit/storage";
import type { AcsContext } from "../context.ts";
import type { UseCaseState } from "../use-cases/registry.ts";
import { KEY_RINGS, type StoredKeyRing } from "./key-ring.ts";
import { rotateEarly } from "./rotate-early.ts";

/** An operator's early rotation, with its reason in the audit. Throws ProblemError version_conflict, saying what is in the way. */
export async function rotateKeys(
  context: AcsContext,
  { document }: UseCaseState,
  reason: string,
): Promise<void> {
  const { documents, clock, logger } = context;
  const useCase = document.useCase;
  const now = nowSeconds(clock);
  const stored = await documents.get<StoredKeyRing>(KEY_RINGS, useCase);
  const rotation =
    stored === undefined ? { refused: "there are no keys" } : rotateEarly(stored.value, document, now);
  if ("refused" in rotation) throw new ProblemError("version_conflict", { detail: rotation.refused });
  const { ring, fromKeyVersion, toKeyVersion, atSeconds } = rotation;
  try {
    await documents.commit({
      changes: [{ collection: KEY_RINGS, key: useCase, expectedVersion: stored?.version ?? 0, value: ring }],
      audit: [
        {
          atSeconds: now,
          actor: "operator",
          action: "primary_key.rotated",
          subject: useCase,
          detail: { fromKeyVersion, toKeyVersion, atSeconds, reason },
        },
      ],
    });
  } catch (error) {
    throw error instanceof VersionConflictError ? new ProblemError("version_conflict") : error;
  }
  logger.warn("primary_key.rotated", { useCase, keyVersion: toKeyVersion });
}
