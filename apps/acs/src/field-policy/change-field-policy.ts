import type { FieldPolicy, FieldPolicyAnswer } from "@dit/protocol/schemas";
import { ProblemError } from "@dit/service-kit";
import { type AuditEntry, VersionConflictError } from "@dit/storage";
import type { AcsContext } from "../context.ts";
import { type StoredUseCase, USE_CASES } from "../use-cases/stored-use-case.ts";

const MAX_ATTEMPTS = 5;

/**
 * Changes a use case's field policy, with its audit, in one commit that raises the use case's version. What changes nothing is not
 * committed. Throws ProblemError not_found, version_conflict.
 */
export async function changeFieldPolicy(
  { documents }: Pick<AcsContext, "documents">,
  useCase: string,
  change: (policy: FieldPolicy, stored: StoredUseCase) => FieldPolicy,
  audit: AuditEntry,
): Promise<FieldPolicyAnswer & { readonly changed: boolean }> {
  for (let attempt = 1; ; attempt++) {
    const stored = await documents.get<StoredUseCase>(USE_CASES, useCase);
    if (stored === undefined) throw new ProblemError("not_found");
    const { version, value } = stored;
    const policy = change(value.fieldPolicy, value);
    if (policy === value.fieldPolicy) return { version, policy, changed: false };
    const changed = { ...value, fieldPolicy: policy };
    try {
      await documents.commit({
        changes: [{ collection: USE_CASES, key: useCase, expectedVersion: version, value: changed }],
        audit: [audit],
      });
      return { version: version + 1, policy, changed: true };
    } catch (error) {
      if (!(error instanceof VersionConflictError)) throw error;
      if (attempt === MAX_ATTEMPTS) throw new ProblemError("version_conflict");
    }
  }
}
