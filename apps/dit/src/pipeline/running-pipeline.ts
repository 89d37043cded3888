import type { Instances } from "../addresses.ts";
import type { PipelineAccount } from "./pipeline-account.ts";

/** A pipeline that answers, in one process or in many. */
export interface RunningPipeline {
  readonly environment: string;
  /** Without the development identity provider: accounts come from the deployment's own. */
  readonly production: boolean;
  readonly instances: Instances;
  readonly account: PipelineAccount;
}
