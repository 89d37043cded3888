import type { AcsMetrics } from "../acs-metrics.ts";
import type { AcsContext } from "../context.ts";

/**
 * RFC 9497 section 3.3.3: the public info cancels the secret key out. By chance that never happens; whoever chose the use case's
 * name or epoch must be assumed to know the key. Pages the operator, who rotates it.
 */
export function reportCompromise(
  { logger }: Pick<AcsContext, "logger">,
  metrics: AcsMetrics,
  useCase: string,
  keyVersion: number,
): void {
  logger.error("key.compromise_suspected", { useCase, keyVersion });
  metrics.compromiseSuspected.inc({ use_case: useCase });
}
