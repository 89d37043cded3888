import { createOutageLog, type OutageLog, ProblemError } from "@dit/service-kit";
import { type Counters, type Documents, VersionConflictError } from "@dit/storage";
import type { AcsContext } from "./context.ts";

type Stores = Pick<AcsContext, "counters" | "documents">;

/**
 * The same stores for those who serve requests. If one fails, the caller is told to come back, and nothing else: what was asked
 * for is neither granted nor refused. An outage is logged when it begins and when it ends. A version conflict is no failure.
 */
export function watchStores({ counters, documents, logger }: Stores & Pick<AcsContext, "logger">): Stores {
  return {
    counters: watchCounters(counters, createWatch(createOutageLog(logger, "counters"))),
    documents: watchDocuments(documents, createWatch(createOutageLog(logger, "documents"))),
  };
}

type Watch = <T>(run: () => Promise<T>) => Promise<T>;

function createWatch(outage: OutageLog): Watch {
  return async (run) => {
    try {
      const result = await run();
      outage.worked();
      return result;
    } catch (error) {
      if (error instanceof VersionConflictError) throw error;
      outage.failed(error);
      throw new ProblemError("dependency_unavailable", { cause: error });
    }
  };
}

function watchCounters(counters: Counters, watch: Watch): Counters {
  return {
    use: (requests) => watch(() => counters.use(requests)),
    confirm: (requests) => watch(() => counters.confirm(requests)),
    take: (request) => watch(() => counters.take(request)),
    sweep: (nowSeconds) => watch(() => counters.sweep(nowSeconds)),
    check: () => watch(() => counters.check()),
    close: () => counters.close(),
  };
}

function watchDocuments(documents: Documents, watch: Watch): Documents {
  return {
    get: (collection, key) => watch(() => documents.get(collection, key)),
    list: (collection) => watch(() => documents.list(collection)),
    commit: (commit) => watch(() => documents.commit(commit)),
    readAudit: (afterSequence, maxEntries) => watch(() => documents.readAudit(afterSequence, maxEntries)),
    check: () => watch(() => documents.check()),
    close: () => documents.close(),
  };
}
