import { type DependencyWatch, ProblemError, type WatchDependency } from "@dit/service-kit";
import { type Counters, type Documents, type Json, VersionConflictError } from "@dit/storage";
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

type Run = DependencyWatch["run"];

function watchCounters(counters: Counters, run: Run): Counters {
  return {
    use: (...args) => run("use", () => counters.use(...args)),
    confirm: (...args) => run("confirm", () => counters.confirm(...args)),
    take: (...args) => run("take", () => counters.take(...args)),
    sweep: (...args) => run("sweep", () => counters.sweep(...args)),
    check: () => run("check", () => counters.check()),
    close: () => counters.close(),
  };
}

function watchDocuments(documents: Documents, run: Run): Documents {
  return {
    get: <T extends Json>(...args: Parameters<Documents["get"]>) =>
      run("get", () => documents.get<T>(...args)),
    list: <T extends Json>(...args: Parameters<Documents["list"]>) =>
      run("list", () => documents.list<T>(...args)),
    commit: (...args) => run("commit", () => documents.commit(...args)),
    readAudit: (...args) => run("read_audit", () => documents.readAudit(...args)),
    check: () => run("check", () => documents.check()),
    close: () => documents.close(),
  };
}
