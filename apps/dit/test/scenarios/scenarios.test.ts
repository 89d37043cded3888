import { describeScenarios } from "./describe-scenarios.ts";

// What shows within one window; the rest is in scenarios.engines.test.ts.
describeScenarios(["clean", "slider", "crash_message", "free_disk"], 1);
