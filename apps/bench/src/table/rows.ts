import { issueRow, redeemRow } from "../poprf/voprf-ts-rows.ts";
import { redeemAgainRow } from "../redeem/redeem-again-row.ts";
import { sdkRow } from "../sdk/sdk-row.ts";
import { sinkRow } from "../sink/sink-row.ts";
import { issueCRow, redeemCRow } from "../sodium-c/sodium-c-rows.ts";
import type { Row } from "./row.ts";

/** Of DESIGN's section 8, in its order. */
export const ROWS: readonly Row[] = [
  issueRow,
  redeemRow,
  redeemAgainRow,
  issueCRow,
  redeemCRow,
  sinkRow,
  sdkRow,
];
