import type { PinnedKey } from "@dit/client";
import type { UseCaseInput } from "@dit/protocol/schemas";

/** Where the people of scenarios live and when they report. Plain data, so that it can be handed to a worker thread. */
export interface ScenarioSetting {
  /** Names of `SCENARIOS`: everyone reports all of them. */
  readonly scenarios: readonly string[];
  readonly seed: number;
  readonly clients: number;
  readonly environment: string;
  readonly acsUrl: string;
  readonly edgeUrl: string;
  readonly identityProviderUrl: string;
  /** In which they report now. */
  readonly useCases: readonly ScenarioUseCase[];
  /** Of the people's clocks, from that of this machine. */
  readonly clockOffsetMs: number;
  /** Everyone reports once in each use case, in this round and in those that follow. */
  readonly firstRound: number;
  /** The next round begins so long after the last one did; undefined: there is none. */
  readonly roundEveryMs: number | undefined;
}

export interface ScenarioUseCase {
  readonly document: UseCaseInput;
  readonly pinnedKeys: readonly PinnedKey[];
}
