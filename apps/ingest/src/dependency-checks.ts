import type { DependencyCheck } from "@dit/service-kit";
import type { IngestContext } from "./context.ts";

/** What `/readyz` asks. */
export function createDependencyChecks({ acs, directory, eventLog }: IngestContext): DependencyCheck[] {
  let etag: string | undefined;
  return [
    {
      name: "acs",
      async check() {
        const answer = await acs.listUseCases(etag);
        if (answer !== "unchanged") etag = answer.etag;
      },
    },
    { name: "event_log", check: () => eventLog.check() },
    { name: "use_cases", check: () => directory.check() },
  ];
}
