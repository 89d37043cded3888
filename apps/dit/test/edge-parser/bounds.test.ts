import { describeBounds } from "./describe-bounds.ts";
import { startEdgeProcess } from "./edge-process.ts";

describeBounds(startEdgeProcess);
