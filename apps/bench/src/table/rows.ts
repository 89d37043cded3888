import { pipelineRow } from "../pipeline/pipeline-row.ts";
import { issueRow, redeemRow } from "../poprf/voprf-ts-rows.ts";
import { redeemAgainRow } from "../redeem/redeem-again-row.ts";
import { monitorRow } from "../reid/monitor-row.ts";
import { sdkRow } from "../sdk/sdk-row.ts";
import { sinkRow } from "../sink/sink-row.ts";
import { issueCRow, redeemCRow } from "../sodium-c/sodium-c-rows.ts";
import type { Row } from "./row.ts";

/** Each claim of speed or size that DIT makes. The longest is the last. */
export const ROWS: readonly Row[] = [
  issueRow,
  redeemRow,
  redeemAgainRow,
  issueCRow,
  redeemCRow,
  pipelineRow,
  sinkRow,
  sdkRow,
  monitorRow,
];
