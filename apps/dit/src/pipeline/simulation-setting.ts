import { ROUTES } from "@dit/protocol";
import type { KeyDocument } from "@dit/protocol/schemas";
import { type SimulationSetting, simulatedUseCase } from "@dit/simulator";
import { CommandError } from "../command.ts";
import type { Pipeline } from "./pipeline.ts";

/** The keys an app would have been shipped with, and where its services are. */
export async function simulationSetting(
  pipeline: Pipeline,
  population: { readonly clients: number; readonly eventsPerSecond: number; readonly seed?: number },
): Promise<SimulationSetting> {
  const { acsUrl, edgeUrl, identityProviderUrl } = pipeline.addresses;
  if (pipeline.production) throw new CommandError("there is no simulated population in production mode");
  const response = await fetch(acsUrl + ROUTES.keys(simulatedUseCase.useCase));
  const { keys } = (await response.json()) as KeyDocument;
  return {
    seed: 1,
    attackIntervalMs: 5_000,
    ...population,
    environment: pipeline.environment,
    acsUrl,
    edgeUrl,
    identityProviderUrl,
    pinnedKeys: keys.map(({ keyVersion, publicKey }) => ({ keyVersion, publicKey })),
  };
}
