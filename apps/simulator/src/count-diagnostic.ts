import type { Diagnostic } from "@dit/client";
import type { StatsCollector } from "./stats.ts";

/** What a client says of itself, in its population's account. */
export function countDiagnostic(diagnostic: Diagnostic, stats: StatsCollector): void {
  if (diagnostic.name === "report_accepted") stats.accepted(diagnostic);
  else if (diagnostic.name === "tokens_fetched") stats.tokensFetched(diagnostic.tokens);
  else if (diagnostic.name === "loss") stats.lost(diagnostic.reason, diagnostic.count);
  else if ("outcome" in diagnostic && diagnostic.name.startsWith("report_"))
    stats.rejected(diagnostic.outcome);
}
