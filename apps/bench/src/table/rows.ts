import { issueRow, redeemRow } from "../poprf/voprf-ts-rows.ts";
import type { Row } from "./row.ts";

/** Of DESIGN's section 8, in its order. */
export const ROWS: readonly Row[] = [issueRow, redeemRow];
