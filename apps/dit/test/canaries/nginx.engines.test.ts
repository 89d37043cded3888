import { describeCanaries } from "./describe-canaries.ts";
import { startNginxEdge } from "./start-nginx-edge.ts";

describeCanaries({ startEdge: startNginxEdge });
