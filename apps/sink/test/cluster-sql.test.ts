import type { UseCase } from "@dit/protocol/schemas";
import { clusterDialect, SINGLE_NODE, type TableDialect } from "@dit/storage";
import { describe, expect, it } from "vitest";
import { applySchema } from "../src/applied-schema.ts";
import { addMissingColumns, createEventTable, followDocument } from "../src/event-table-ddl.ts";
import { createEventView } from "../src/event-view-ddl.ts";
import { migrateWarehouse } from "../src/index.ts";
import { makeUseCase } from "./harness.ts";
import { useTestStores } from "./use-test-stores.ts";

const stores = useTestStores();

function fieldsOf(document: UseCase, event: string) {
  const schema = { document, unstorable: [], blockedFields: {} };
  return applySchema(1, schema).events.get(event)?.fields ?? [];
}

/** Every statement that makes or changes a table. */
async function statementsOf(tables: TableDialect): Promise<string[]> {
  const statements: string[] = [];
  const command = async (sql: string) => void statements.push(sql);
  const query = async () => [];
  await migrateWarehouse({ ...stores.warehouse, tables, command, query });
  const document = makeUseCase({ useCase: "it", purpose: 'it\'s `here` \\ ON CLUSTER "x"' });
  const columns = [{ name: "cold", type: "Nullable(Bool)", comment: "another" }];
  const existing = { columns, comment: "another", engine: "MergeTree TTL another" };
  for (const event of Object.keys(document.events)) {
    statements.push(
      createEventTable(document, event, tables),
      ...addMissingColumns(document, event, existing, tables),
      ...followDocument(document, event, existing, tables),
      createEventView(document, event, fieldsOf(document, event), tables).sql,
    );
  }
  return statements;
}

describe("the SQL of tables", () => {
  it("is read by the engine as meant for every server of a cluster", async () => {
    const statements = await statementsOf(clusterDialect("dit-1"));
    expect(statements.length).toBeGreaterThan(15);
    const paths = new Set<string>();
    for (const sql of statements) {
      const [formatted] = await stores.warehouse.query<{ sql: string }>(
        "SELECT formatQuerySingleLine({sql:String}) AS sql",
        { sql },
      );
      expect(formatted?.sql).toMatch(
        /^(CREATE|ALTER|CREATE OR REPLACE) \w+ (IF NOT EXISTS )?[\w.`]+ ON CLUSTER `dit-1`/,
      );
      if (!formatted?.sql.startsWith("CREATE TABLE")) continue;
      const [, path = "", table] =
        /ReplicatedMergeTree\('([^']+\/(\w+))', '\{replica\}'\)/.exec(formatted.sql) ?? [];
      expect(path).toBe(`/clickhouse/tables/dit-1/{shard}/dit/${table}`);
      expect(formatted.sql).toContain(`dit.${table} ON CLUSTER`);
      expect(formatted.sql).toMatch(
        /SETTINGS replicated_deduplication_window = 10000, .*fsync_after_insert = 1/,
      );
      paths.add(path);
    }
    expect(paths.size).toBe(5);
  });

  it("is taken from the tables that there are, for servers that join later", async () => {
    const document = makeUseCase({ purpose: "it's `here` \\ (once)" });
    await stores.warehouse.command("CREATE DATABASE IF NOT EXISTS dit");
    await stores.warehouse.command(createEventTable(document, "failed", SINGLE_NODE));
    const statements: string[] = [];
    const command = async (sql: string) => void statements.push(sql);
    await migrateWarehouse({ ...stores.warehouse, tables: clusterDialect("dit-1"), command });
    const name = `\`dit\`.\`${document.useCase}__failed\``;
    const [sql = "", ...others] = statements.filter((statement) => statement.includes(name));
    expect(others).toEqual([]);
    expect(sql.startsWith(`CREATE TABLE IF NOT EXISTS ${name} ON CLUSTER \`dit-1\` (`)).toBe(true);
    const definition = () =>
      stores.warehouse.query("SELECT create_table_query FROM system.tables WHERE name = {name:String}", {
        name: `${document.useCase}__failed`,
      });
    const before = await definition();
    await stores.warehouse.command(`DROP TABLE ${name} SYNC`);
    await stores.warehouse.command(sql.replace(" ON CLUSTER `dit-1`", ""));
    expect(await definition()).toEqual(before);
  });

  it("is taken from the views that there are, too", async () => {
    const document = makeUseCase();
    const { useCase } = document;
    for (const database of ["dit", "dit_views"])
      await stores.warehouse.command(`CREATE DATABASE IF NOT EXISTS ${database}`);
    await stores.warehouse.command(createEventTable(document, "failed", SINGLE_NODE));
    await stores.warehouse.command(
      createEventView(document, "failed", fieldsOf(document, "failed"), SINGLE_NODE).sql,
    );
    const statements: string[] = [];
    const command = async (sql: string) => void statements.push(sql);
    await migrateWarehouse({ ...stores.warehouse, tables: clusterDialect("dit-1"), command });
    const name = `\`dit_views\`.\`${useCase}__failed\``;
    const [sql = "", ...others] = statements.filter((statement) => statement.includes(name));
    expect(others).toEqual([]);
    expect(sql.startsWith(`CREATE VIEW IF NOT EXISTS ${name} ON CLUSTER \`dit-1\` DEFINER = `)).toBe(true);
    const definition = () =>
      stores.warehouse.query(
        "SELECT create_table_query, comment FROM system.tables WHERE database = 'dit_views' AND name = {name:String}",
        { name: `${useCase}__failed` },
      );
    const before = await definition();
    await stores.warehouse.command(`DROP VIEW ${name} SYNC`);
    await stores.warehouse.command(sql.replace(" ON CLUSTER `dit-1`", ""));
    expect(await definition()).toEqual(before);
  });

  it("is the same for one server, but for that", async () => {
    const [alone, cluster] = [await statementsOf(SINGLE_NODE), await statementsOf(clusterDialect("dit-1"))];
    const plain = cluster.map((sql) =>
      sql
        .replace(" ON CLUSTER `dit-1`", "")
        .replace(/ReplicatedMergeTree\(.*\)/, "MergeTree")
        .replace(
          /replicated_deduplication_window = 10000, replicated_\w+ = \d+/,
          "non_replicated_deduplication_window = 10000",
        ),
    );
    expect(plain).toEqual(alone);
  });
});
