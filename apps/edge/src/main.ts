import { createLogger, createMetrics, runMain, systemClock } from "@dit/service-kit";
import { loadEdgeConfig } from "./config.ts";
import { createEdgeService } from "./service.ts";

await runMain(async (env) => {
  const config = loadEdgeConfig(env);
  return createEdgeService({
    clock: systemClock,
    logger: createLogger({ service: "edge", level: config.logLevel }),
    metrics: createMetrics("edge", { processMetrics: true }),
    config: { ...config, limits: config },
  });
});
