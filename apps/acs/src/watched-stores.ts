import { errorReason, type Logger, ProblemError } from "@dit/service-kit";
import { VersionConflictError } from "@dit/storage";

/**
 * Runs something on a store. If the store fails, the caller is told to come back, and nothing else: what was asked for is
 * neither granted nor refused. A version conflict is no failure and passes, and so does a refusal.
 */
export async function onStore<T>(
  logger: Logger,
  dependency: "counters" | "documents",
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof VersionConflictError || error instanceof ProblemError) throw error;
    logger.error("dependency.failed", { dependency, reason: errorReason(error) });
    throw new ProblemError("dependency_unavailable", { cause: error });
  }
}
