import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalPostgres, type LocalPostgres } from "@dit/local";
import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll } from "vitest";
import { openSubject, type Subject } from "../contract/contract.ts";
import { describeDocumentsContract } from "./contract.ts";
import type { Documents } from "./documents.ts";
import { migratePostgresDocuments } from "./postgres.ts";

let directory: string;
let engine: LocalPostgres;
let sql: Sql;
let schemas = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dit-postgres-"));
  engine = await createLocalPostgres({ directory });
  await engine.start();
  sql = postgres(engine.url, { onnotice: () => undefined });
});
afterAll(async () => {
  await sql.end();
  await engine.stop();
  await rm(directory, { recursive: true, force: true });
});

function optionsOf(schema: string) {
  const { hostname, port, username, password, pathname } = new URL(engine.url);
  return {
    host: hostname,
    port: Number(port),
    user: username,
    password,
    database: pathname.slice(1),
    schema,
  };
}

async function openPostgresSubject(): Promise<Subject<Documents>> {
  schemas += 1;
  const options = optionsOf(`s${schemas}`);
  await migratePostgresDocuments(options);
  const module = new URL("./postgres.ts", import.meta.url).href;
  return openSubject({ module, name: "openPostgresDocuments", options }, async () => {
    await sql`DROP SCHEMA ${sql(options.schema)} CASCADE`;
  });
}

describeDocumentsContract("postgres", openPostgresSubject);
