import type { Poprf, RandomBytes, Sealer } from "@dit/crypto-core";
import type { Clock, Logger, Metrics, Secret } from "@dit/service-kit";
import type { Counters, Documents } from "@dit/storage";
import type { IssuePool } from "./issue/issue-pool.ts";
import type { AcsLimits } from "./limits.ts";

/** What ACS needs to know about its surroundings; a part of what `loadAcsConfig` reads. */
export interface AcsSettings {
  /** Part of every credential: one environment's are worthless in another. */
  readonly environment: string;
  /** Refuses what is meant for development, such as keys of an identity provider over plain HTTP. */
  readonly production: boolean;
  readonly listenHost: string;
  readonly listenPort: number;
  readonly adminPort: number;
  /** Ingest and sink show it. */
  readonly serviceSecret: Secret;
  /** Operators show it. */
  readonly adminSecret: Secret;
  /** The re-identification monitor shows it, and may block fields; without it no monitor is let in. */
  readonly monitorSecret?: Secret | undefined;
  /** Secrets of the application servers that may assert accounts, by server id. */
  readonly applicationServers: Readonly<Record<string, Secret>>;
  /** How often keys are looked after. Has to be well below the shortest epoch. */
  readonly rotationIntervalMs: number;
  /** Memory for MAC keys of tokens in use; `DEFAULT_MAC_KEY_CACHE_BYTES` if not given. */
  readonly macKeyCacheBytes?: number;
  readonly limits?: Partial<AcsLimits>;
}

/** The issuer's side of the POPRF. */
export type IssuerPoprf = Pick<
  Poprf,
  "generateKeyPair" | "publicKeyOf" | "blindEvaluateBatch" | "evaluate"
> & {
  /** Drops what the implementation remembers of secret keys. */
  forgetKeys?(): void;
};

export interface AcsContext {
  readonly counters: Counters;
  readonly documents: Documents;
  readonly poprf: IssuerPoprf;
  /** Evaluates batches in other threads; without it they are evaluated in this one. Its opener closes it. */
  readonly issuePool?: IssuePool | undefined;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly config: AcsSettings;
  readonly randomBytes?: RandomBytes;
  /** Fetches the key sets of identity providers. */
  readonly jwksFetch?: (url: string, init: RequestInit) => Promise<Response>;
}
