/** A process that is stopped takes connections and never answers. */
const ANSWERS_WITHIN_MS = 5_000;

/** Answers with what the service at this operator's port is ready with; throws with the dependency that is not, and why. */
export async function readReadiness(adminUrl: string): Promise<string> {
  const url = `${adminUrl}/readyz`;
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) }).catch(
    (error: unknown) => {
      throw new Error(
        error instanceof Error && error.name === "TimeoutError"
          ? `no answer from ${url} within ${ANSWERS_WITHIN_MS} ms`
          : `nothing answers at ${url}: is it running?`,
        { cause: error },
      );
    },
  );
  const { dependencies } = (await response.json()) as {
    dependencies: Record<string, { ok: boolean; reason?: string }>;
  };
  const failing = Object.entries(dependencies).filter(([, { ok }]) => !ok);
  if (failing.length > 0)
    throw new Error(failing.map(([name, { reason }]) => `${name}: ${reason}`).join("; "));
  return Object.keys(dependencies).join(", ");
}
