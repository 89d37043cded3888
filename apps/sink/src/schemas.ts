import { isDeepStrictEqual } from "node:util";
import type { UseCaseVersion } from "@dit/service-kit";
import type { Json } from "@dit/storage";
import { VersionConflictError } from "@dit/storage";
import { type AppliedSchema, applySchema, type StoredSchema } from "./applied-schema.ts";
import { columnTakes } from "./columns.ts";
import type { SinkContext } from "./context.ts";
import { ensureEventTable } from "./ensure-event-table.ts";
import { ensureEventView } from "./ensure-event-view.ts";
import { followDocument } from "./event-table-ddl.ts";
import { followedVersions } from "./followed-versions.ts";

export interface Schemas {
  /**
   * The newest version of a use case that ACS lists, its tables ready; at least `minVersion` if ACS has that by now.
   * Undefined: ACS does not list it.
   */
  current(useCase: string, minVersion: number): Promise<AppliedSchema | undefined>;
  /** A version that `current` has answered before, in this life or an earlier one. */
  at(useCase: string, version: number): Promise<AppliedSchema>;
  /** Looks at the tables again before the next batch: something may have happened to them. */
  forget(): void;
}

/** Versions that were applied; they stay, since a batch of theirs may have to be made again. */
const COLLECTION = "sink-schemas";

type SchemasContext = Pick<SinkContext, "directory" | "warehouse" | "documents" | "logger">;

export function createSchemas(context: SchemasContext): Schemas {
  const { directory, documents, warehouse } = context;
  const known = new Map<string, AppliedSchema>();
  let applying: Promise<unknown> = Promise.resolve();

  async function apply(useCase: string): Promise<AppliedSchema | undefined> {
    const listed = directory.get(useCase);
    if (listed === undefined) return undefined;
    const { version } = listed;
    const key = keyOf(useCase, version);
    const schema = known.get(key) ?? applySchema(version, await follow(context, listed));
    known.set(key, schema);
    return schema;
  }

  /** One at a time: two partitions meet a new version together. */
  function applyInTurn(useCase: string): Promise<AppliedSchema | undefined> {
    const turn = applying.then(() => apply(useCase));
    applying = turn.catch(() => undefined);
    return turn;
  }

  return {
    async current(useCase, minVersion) {
      const listed = directory.get(useCase);
      if ((listed?.version ?? 0) < minVersion) await directory.refresh();
      const { version } = directory.get(useCase) ?? { version: 0 };
      return known.get(keyOf(useCase, version)) ?? applyInTurn(useCase);
    },
    async at(useCase, version) {
      const key = keyOf(useCase, version);
      const cached = known.get(key);
      if (cached !== undefined) return cached;
      const stored = await documents.get<Json>(COLLECTION, key);
      if (stored === undefined) throw new Error("a schema that an intent names is not stored");
      const value = stored.value as unknown as StoredSchema;
      // The warehouse may be another one than when the batch was decided.
      for (const event of Object.keys(value.document.events))
        await ensureEventTable(warehouse, value.document, event);
      // Not known from here on: it was not followed in this life, and what made it may have been another release.
      return applySchema(version, value);
    },
    forget: () => known.clear(),
  };
}

/** Tables and views first: what is kept as applied has been. */
async function follow(context: SchemasContext, listed: UseCaseVersion): Promise<StoredSchema> {
  const { directory, documents, warehouse, logger } = context;
  const { version, document, blockedFields } = listed;
  const { useCase } = document;
  const leads = await followedVersions(documents).raise(useCase, version);
  const schema = { document, blockedFields, unstorable: await followTables(context, listed, leads) };
  if (leads) {
    for (const [event, table] of applySchema(version, schema).events)
      await ensureEventView(warehouse, document, event, table);
    if ((await followedVersions(documents).newest(useCase)) > version) {
      // Another sink has a newer version, whose changes these may have undone.
      await directory.refresh();
      throw new Error("a newer version was applied meanwhile");
    }
  }
  const kept = await keep(documents, version, schema);
  logger.info("schema.applied", { useCase, version });
  return kept;
}

/** Answers with the fields that cannot be stored. */
async function followTables(
  { warehouse, logger }: SchemasContext,
  { version, document }: UseCaseVersion,
  leads: boolean,
): Promise<string[]> {
  const { useCase } = document;
  const unstorable: string[] = [];
  for (const [event, { fields }] of Object.entries(document.events)) {
    const existing = await ensureEventTable(warehouse, document, event);
    const changes = leads ? followDocument(document, event, existing, warehouse.tables) : [];
    for (const statement of changes) await warehouse.command(statement);
    for (const [field, { type }] of Object.entries(fields)) {
      const column = existing.columns.find(({ name }) => name === field);
      if (column === undefined || columnTakes(column.type, type)) continue;
      unstorable.push(`${event}.${field}`);
      logger.error("schema.field_unstorable", { useCase, eventName: event, field, version });
    }
  }
  return unstorable;
}

/** What another sink has kept for the version counts: rows are made again from that. */
async function keep(
  documents: SinkContext["documents"],
  version: number,
  schema: StoredSchema,
): Promise<StoredSchema> {
  const key = keyOf(schema.document.useCase, version);
  const stored = await documents.get<Json>(COLLECTION, key);
  const earlier = stored?.value as unknown as StoredSchema | undefined;
  if (earlier !== undefined && isSameVersion(earlier, schema)) return earlier;
  const value = schema as unknown as Json;
  try {
    const expectedVersion = stored?.version ?? 0;
    await documents.commit({ changes: [{ collection: COLLECTION, key, expectedVersion, value }] });
    return schema;
  } catch (error) {
    if (error instanceof VersionConflictError) return await keep(documents, version, schema);
    throw error;
  }
}

function isSameVersion(one: StoredSchema, other: StoredSchema): boolean {
  const [left, right] = [one, other].map(({ document, blockedFields }) => ({ document, blockedFields }));
  return isDeepStrictEqual(left, right);
}

function keyOf(useCase: string, version: number): string {
  return `${useCase}/${version}`;
}
