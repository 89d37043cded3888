import { setTimeout as sleep } from "node:timers/promises";
import { DEAD_LETTERS_TOPIC, REPORTS_TOPIC } from "@dit/protocol";
import { migrateReidTables } from "@dit/reid";
import { CONSUMER_GROUP, migrateWarehouse } from "@dit/sink";
import {
  migrateDocuments,
  migrateEventLog,
  openDocuments,
  openEventLog,
  openWarehouse,
  type TopicPlan,
} from "@dit/storage/engines";
import { CommandError } from "../command.ts";
import type { MigrationPlaces } from "./migration-places.ts";

export type TopicSettings = Omit<TopicPlan, "name">;

/** Something that there is now, such as `topic reports, 6 partitions`. */
export interface MigrationStep {
  readonly what: string;
  readonly isNew: boolean;
}

const TOPICS_WITHIN_MS = 10_000;
const POLL_MS = 100;
const TOPICS = [REPORTS_TOPIC, DEAD_LETTERS_TOPIC];

/**
 * Makes what several services share and none of them may make alone. Everything may be done again, and by several at once. Throws
 * CommandError for the first store of which that fails.
 */
export async function* migrate(
  { documents, eventLog, warehouse }: MigrationPlaces,
  settings: TopicSettings,
): AsyncGenerator<MigrationStep> {
  if (documents !== undefined) yield* await attempt("documents", () => makeSchema(documents));
  if (eventLog !== undefined) yield* await attempt("the event log", () => makeTopics(eventLog, settings));
  if (warehouse !== undefined) yield* await attempt("the warehouse", () => makeTables(warehouse));
}

async function attempt(store: string, make: () => Promise<MigrationStep[]>): Promise<MigrationStep[]> {
  try {
    return await make();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${store} could not be migrated: ${reason}`, { cause: error });
  }
}

async function makeSchema(url: string): Promise<MigrationStep[]> {
  await using cleanup = new AsyncDisposableStack();
  const documents = cleanup.adopt(await openDocuments({ url }), (opened) => opened.close());
  const wasThere = await succeeds(documents.check());
  await migrateDocuments(url);
  await documents.check();
  return [{ what: "schema of documents", isNew: !wasThere }];
}

async function makeTopics(url: string, settings: TopicSettings): Promise<MigrationStep[]> {
  await using cleanup = new AsyncDisposableStack();
  const eventLog = cleanup.adopt(await openEventLog({ url }, { used: TOPICS, unread: [] }), (opened) =>
    opened.close(),
  );
  const countPartitions = async (topic: string) => (await eventLog.progress(topic, CONSUMER_GROUP)).length;
  const wereThere = await Promise.all(TOPICS.map((topic) => succeeds(countPartitions(topic))));
  await migrateEventLog(
    url,
    TOPICS.map((name) => ({ name, ...settings })),
  );
  // A broker hears of a new topic a moment after it was made.
  await until(() => succeeds(eventLog.check()), TOPICS_WITHIN_MS);
  return await Promise.all(
    TOPICS.map(async (topic, index) => {
      const partitions = await countPartitions(topic);
      const asked =
        partitions === settings.partitions ? "" : `: it keeps its own, not ${settings.partitions}`;
      return { what: `topic ${topic}, ${partitions} partitions${asked}`, isNew: wereThere[index] !== true };
    }),
  );
}

async function makeTables(url: string): Promise<MigrationStep[]> {
  await using cleanup = new AsyncDisposableStack();
  const warehouse = cleanup.adopt(await openWarehouse({ url }), (opened) => opened.close());
  const list = async () => {
    const tables = await warehouse.query<{ name: string }>(
      "SELECT concat('dit.', name) AS name FROM system.tables WHERE database = 'dit' AND position(name, '__') = 0 ORDER BY name",
    );
    return tables.map(({ name }) => name);
  };
  const before = await list();
  await migrateWarehouse(warehouse);
  await migrateReidTables(warehouse);
  return (await list()).map((name) => ({ what: `table ${name}`, isNew: !before.includes(name) }));
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  return await work.then(
    () => true,
    () => false,
  );
}

async function until(condition: () => Promise<boolean>, withinMs: number): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!(await condition()) && performance.now() < deadlineMs) await sleep(POLL_MS);
}
