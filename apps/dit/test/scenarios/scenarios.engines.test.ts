import { SCENARIOS } from "@dit/simulator";
import { describeScenarios } from "./describe-scenarios.ts";

describeScenarios(Object.keys(SCENARIOS), 2);
