import { ProblemError, type UseCaseDirectory, type UseCaseVersion } from "@dit/service-kit";

/** Throws ProblemError `use_case_unavailable` for one that does not exist, `use_case_disabled` for one that is switched off. */
export function useCaseOf(directory: Pick<UseCaseDirectory, "get">, useCase: string): UseCaseVersion {
  const entry = directory.get(useCase);
  if (entry === undefined) throw new ProblemError("use_case_unavailable");
  if (!entry.document.enabled) throw new ProblemError("use_case_disabled");
  return entry;
}
