import { errorReason } from "./error-reason.ts";
import type { Logger } from "./logger.ts";

/** Logs that a dependency failed and that it works again: two lines an outage, not one for every request it refuses. */
export interface OutageLog {
  failed(error: unknown): void;
  worked(): void;
}

export function createOutageLog(logger: Logger, dependency: string): OutageLog {
  let isDown = false;
  return {
    failed(error) {
      if (!isDown) logger.error("dependency.failed", { dependency, reason: errorReason(error) });
      isDown = true;
    },
    worked() {
      if (isDown) logger.info("dependency.recovered", { dependency });
      isDown = false;
    },
  };
}
