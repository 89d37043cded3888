import { ROUTES } from "@dit/protocol";
import type { KeyDocument, UseCaseInput } from "@dit/protocol/schemas";
import type { ScenarioSetting } from "@dit/simulator";
import type { Pipeline } from "../pipeline/pipeline.ts";

/** The keys that the apps of these use cases would have been shipped with, and where their services are. */
export async function scenarioSetting(
  { environment, addresses }: Pick<Pipeline, "environment" | "addresses">,
  documents: readonly UseCaseInput[],
  population: Omit<
    ScenarioSetting,
    "environment" | "acsUrl" | "edgeUrl" | "identityProviderUrl" | "useCases"
  >,
): Promise<ScenarioSetting> {
  const { acsUrl, edgeUrl, identityProviderUrl } = addresses;
  const useCases = documents.map(async (document) => {
    const { keys } = (await (await fetch(acsUrl + ROUTES.keys(document.useCase))).json()) as KeyDocument;
    const pinnedKeys = keys.map(({ keyVersion, publicKey }) => ({ keyVersion, publicKey }));
    return { document, pinnedKeys };
  });
  return {
    ...population,
    ...{ environment, acsUrl, edgeUrl, identityProviderUrl },
    useCases: await Promise.all(useCases),
  };
}
