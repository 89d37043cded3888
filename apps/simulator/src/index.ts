export { fetchAccessToken } from "./access-token.ts";
export type { SimulationSetting } from "./setting.ts";
export { type Simulator, startSimulator } from "./simulator.ts";
export type { Acknowledged, SimulationStats } from "./stats.ts";
export { simulatedUseCase } from "./use-case.ts";
