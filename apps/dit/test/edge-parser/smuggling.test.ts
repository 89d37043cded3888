import { describeSmuggling } from "./describe-smuggling.ts";
import { startEdgeProcess } from "./edge-process.ts";

describeSmuggling(startEdgeProcess, { isStrict: true });
