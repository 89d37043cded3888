import type { Image } from "../dockerfile/build-image.ts";

/** What `run-stack.ts` is told, as JSON in a file. */
export interface StackSetting {
  readonly directory: string;
  readonly node: string;
  /** By the SERVICE that they were built for. */
  readonly images: Readonly<Record<string, Image>>;
  readonly resultPath: string;
}

/** What it found out, as JSON in another. */
export interface StackResult {
  /** From a service's start until its health check passed; for one that ends by itself, until it had. */
  readonly readyAfterMs: Readonly<Record<string, number>>;
  /** What `dit migrate` said at first, and again. */
  readonly migrated: readonly [string, string];
  /** Events of the simulated population, in ClickHouse. */
  readonly rows: number;
  /** What `dit doctor` said, in the operator's container. */
  readonly doctor: string;
  readonly edgeIsHealthyWithoutIngest: boolean;
  readonly stopped: Readonly<Record<string, { readonly exitCode: number | null; readonly afterMs: number }>>;
}
