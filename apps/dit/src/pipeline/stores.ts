import { DEAD_LETTERS_TOPIC } from "@dit/protocol";
import type { Clock } from "@dit/service-kit";
import type { Counters, Documents, EventLog, Warehouse } from "@dit/storage";
import { openLmdbCounters } from "@dit/storage/counters/lmdb";
import { openLmdbDocuments } from "@dit/storage/documents/lmdb";
import { openLmdbEventLog } from "@dit/storage/event-log/lmdb";
import { openChdbWarehouse, openReadOnlyChdb, type ReadOnlyChdb } from "@dit/storage/warehouse/chdb";
import type { DataDirectory } from "./data-directory.ts";

/** The embedded engines of one box, opened; what is opened is put on `cleanup`. */
export interface Stores {
  readonly counters: Counters;
  readonly documents: Documents;
  readonly eventLog: EventLog;
  readonly warehouse: Warehouse;
  readonly readOnlyWarehouse: ReadOnlyChdb;
}

export async function openStores(
  data: DataDirectory,
  clock: Clock,
  cleanup: AsyncDisposableStack,
): Promise<Stores> {
  const opened = async <T extends { close(): Promise<void> }>(store: T | Promise<T>): Promise<T> =>
    cleanup.adopt(await store, (open) => open.close());
  return {
    // First: a data directory with data and without documents is torn, and not one whose first start was cut short.
    documents: await opened(openLmdbDocuments({ path: data.documents })),
    counters: await opened(
      openLmdbCounters({ path: data.counters, nowSeconds: () => clock.nowMs() / 1_000 }),
    ),
    eventLog: await opened(
      openLmdbEventLog({ path: data.eventLog, unreadTopics: [DEAD_LETTERS_TOPIC], clock: clock.nowMs }),
    ),
    warehouse: await opened(openChdbWarehouse({ path: data.warehouse })),
    readOnlyWarehouse: await opened(
      openReadOnlyChdb({ path: data.warehouse, database: "dit", views: "dit_views" }),
    ),
  };
}
