import { describeSlowloris } from "./describe-slowloris.ts";
import { startEdgeProcess } from "./edge-process.ts";

describeSlowloris(startEdgeProcess);
