import { join } from "node:path";
import type { ManualClock } from "@dit/service-kit";
import type { Counters, Documents, EventLog } from "@dit/storage";
import { openLmdbCounters } from "@dit/storage/counters/lmdb";
import { openLmdbDocuments } from "@dit/storage/documents/lmdb";
import { openLmdbEventLog } from "@dit/storage/event-log/lmdb";

/** What all instances of one deployment share. Whoever starts or opens something puts its end on `cleanup`. */
export interface Surroundings {
  readonly environment: string;
  readonly directory: string;
  readonly clock: ManualClock;
  readonly writeLog: (line: string) => void;
  readonly cleanup: AsyncDisposableStack;
}

// Each call opens the store anew, as an instance in a process of its own would.

export async function openCounters({ directory, clock, cleanup }: Surroundings): Promise<Counters> {
  const path = join(directory, "counters");
  return closedBy(cleanup, await openLmdbCounters({ path, nowSeconds: () => clock.nowMs() / 1_000 }));
}

export async function openDocuments({ directory, cleanup }: Surroundings): Promise<Documents> {
  return closedBy(cleanup, await openLmdbDocuments({ path: join(directory, "documents") }));
}

export async function openEventLog({ directory, cleanup }: Surroundings): Promise<EventLog> {
  return closedBy(cleanup, await openLmdbEventLog({ path: join(directory, "event-log") }));
}

export function closedBy<T extends { close(): Promise<void> }>(cleanup: AsyncDisposableStack, opened: T): T {
  return cleanup.adopt(opened, (each) => each.close());
}
