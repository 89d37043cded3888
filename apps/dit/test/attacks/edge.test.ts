import { vi } from "vitest";
import { describeEdgeAttacks } from "./describe-edge-attacks.ts";
import { startEdge } from "./support/start-edge.ts";

// Real services on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

describeEdgeAttacks(startEdge);
