import { type DependencyWatch, ProblemError, type WatchDependency } from "@dit/service-kit";
import { type Counters, type Documents, VersionConflictError } from "@dit/storage";
import type { AcsContext } from "./context.ts";

type Stores = Pick<AcsContext, "counters" | "documents">;

/**
 * The same stores for those who serve requests, watched. If one fails, the caller is told to come back, and nothing else: what was
 * asked for is neither granted nor refused. A version conflict is no failure.
 */
export function watchStores({ counters, documents }: Stores, watchDependency: WatchDependency): Stores {
  return {
    counters: watchCounters(counters, orUnavailable(watchDependency("counters", isFault))),
    documents: watchDocuments(documents, orUnavailable(watchDependency("documents", isFault))),
  };
}

function isFault(error: unknown): boolean {
  return !(error instanceof VersionConflictError);
}

function orUnavailable(watch: DependencyWatch): DependencyWatch["run"] {
  return async (operation, work) => {
    try {
      return await watch.run(operation, work);
    } catch (error) {
      throw isFault(error) ? new ProblemError("dependency_unavailable", { cause: error }) : error;
    }
  };
}

function watchCounters(counters: Counters, run: DependencyWatch["run"]): Counters {
  return {
    use: (requests) => run("use", () => counters.use(requests)),
    confirm: (requests) => run("confirm", () => counters.confirm(requests)),
    take: (request) => run("take", () => counters.take(request)),
    sweep: (nowSeconds) => run("sweep", () => counters.sweep(nowSeconds)),
    check: () => run("check", () => counters.check()),
    close: () => counters.close(),
  };
}

function watchDocuments(documents: Documents, run: DependencyWatch["run"]): Documents {
  return {
    get: (collection, key) => run("get", () => documents.get(collection, key)),
    list: (collection) => run("list", () => documents.list(collection)),
    commit: (commit) => run("commit", () => documents.commit(commit)),
    readAudit: (afterSequence, maxEntries) =>
      run("read_audit", () => documents.readAudit(afterSequence, maxEntries)),
    check: () => run("check", () => documents.check()),
    close: () => documents.close(),
  };
}
