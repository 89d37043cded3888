import type { UseCaseInput } from "@dit/protocol/schemas";
import type { ClientOptions, PinnedKey } from "./options.ts";

const DAY_SECONDS = 86_400;

/** What the client follows of its use case, with the document's own defaults filled in (zod stays out of the bundle). */
export interface Settings {
  readonly useCase: string;
  readonly environment: string;
  readonly acsUrl: string;
  readonly edgeUrl: string;
  readonly pinnedKeys: readonly PinnedKey[];
  readonly epochSeconds: number;
  readonly graceSeconds: number;
  readonly usesPerToken: number;
  readonly rotationSeconds: number;
  readonly timeGranularitySeconds: number;
  readonly events: UseCaseInput["events"];
}

export function settingsOf(options: ClientOptions<UseCaseInput>): Settings {
  const { useCase, environment, acsUrl, edgeUrl, pinnedKeys } = options;
  return {
    useCase: useCase.useCase,
    environment,
    acsUrl,
    edgeUrl,
    pinnedKeys,
    epochSeconds: useCase.epoch?.seconds ?? DAY_SECONDS,
    graceSeconds: useCase.epoch?.graceSeconds ?? 3_600,
    usesPerToken: useCase.usesPerToken ?? 64,
    rotationSeconds: useCase.pseudonym?.rotationSeconds ?? DAY_SECONDS,
    timeGranularitySeconds: useCase.timeGranularitySeconds ?? 60,
    events: useCase.events,
  };
}
