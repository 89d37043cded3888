import { describeEdgeAttacks } from "./describe-edge-attacks.ts";
import { startNginxEdge } from "./support/start-nginx-edge.ts";

describeEdgeAttacks(startNginxEdge);
