import type { PinnedKey } from "@dit/client";
import type { Poprf } from "@dit/crypto-core";

/** Where a population lives and how much it does. Plain data, so that it can be handed to a worker thread. */
export interface SimulationSetting {
  readonly seed: number;
  readonly clients: number;
  /** Logged by the whole population; what is accepted follows it with the delay of batching. */
  readonly eventsPerSecond: number;
  readonly environment: string;
  /** Clients are spread over the instances, so that tokens of each ACS come through each edge. */
  readonly acsUrls: readonly string[];
  readonly edgeUrls: readonly string[];
  readonly identityProviderUrl: string;
  readonly pinnedKeys: readonly PinnedKey[];
  /** Hostile clients begin their next round of attacks after this. */
  readonly attackIntervalMs: number;
}

/** What a simulated person is given: the instances to speak to, and one implementation of the primitive for all. */
export interface SimulationWorld extends Omit<SimulationSetting, "acsUrls" | "edgeUrls"> {
  readonly acsUrl: string;
  readonly edgeUrl: string;
  readonly poprf: Poprf;
}
