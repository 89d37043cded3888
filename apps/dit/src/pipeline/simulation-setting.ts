import { ROUTES } from "@dit/protocol";
import type { KeyDocument } from "@dit/protocol/schemas";
import { type SimulationSetting, simulatedUseCase } from "@dit/simulator";
import { CommandError } from "../command.ts";
import type { RunningPipeline } from "./running-pipeline.ts";

/** The keys an app would have been shipped with, and where its services are. */
export async function simulationSetting(
  { environment, production, instances }: Omit<RunningPipeline, "account">,
  population: { readonly clients: number; readonly eventsPerSecond: number; readonly seed?: number },
): Promise<SimulationSetting> {
  const { acsUrl: acsUrls, edgeUrl: edgeUrls, identityProviderUrl } = instances;
  if (production) throw new CommandError("there is no simulated population in production mode");
  const response = await fetch(acsUrls[0] + ROUTES.keys(simulatedUseCase.useCase));
  const { keys } = (await response.json()) as KeyDocument;
  return {
    seed: 1,
    attackIntervalMs: 5_000,
    ...population,
    environment,
    acsUrls,
    edgeUrls,
    identityProviderUrl: identityProviderUrl[0] ?? "",
    pinnedKeys: keys.map(({ keyVersion, publicKey }) => ({ keyVersion, publicKey })),
  };
}
