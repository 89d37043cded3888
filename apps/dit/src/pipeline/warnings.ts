import type { UseCaseDirectory } from "@dit/service-kit";
import { DEVELOPMENT_ISSUER } from "./development-identity-provider.ts";
import type { PipelineConfig } from "./pipeline-config.ts";

/** What is allowed, and should not stay so: use cases of a development box, and its name for an environment, in production. */
export function warningsOf(
  { acs }: { readonly acs: Pick<PipelineConfig["acs"], "production" | "environment"> },
  directory: Pick<UseCaseDirectory, "all">,
): string[] {
  if (!acs.production) return [];
  const warnings: string[] = [];
  const insecure = directory.all().filter(({ document: { enabled, issuance } }) => {
    if (!enabled || issuance.authenticator !== "jwt") return false;
    return issuance.issuer === DEVELOPMENT_ISSUER || !issuance.jwksUrl.startsWith("https:");
  });
  if (insecure.length > 0) {
    const names = insecure.map(({ document }) => document.useCase).join(", ");
    warnings.push(
      `${names}: accounts are vouched for by keys fetched over http, as on a development box; apply with an https jwksUrl, or with enabled: false`,
    );
  }
  if (acs.environment === "development") {
    warnings.push(
      "the environment is called development: DIT_ENVIRONMENT names it, and a data directory keeps the name it began with",
    );
  }
  return warnings;
}
