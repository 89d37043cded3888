import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createLocalPostgres, type LocalPostgres } from "@dit/local";
import { createManualClock } from "@dit/service-kit";
import type { Documents, Warehouse } from "@dit/storage";
import { migratePostgresDocuments, openPostgresDocuments } from "@dit/storage/documents/postgres";
import { openChdbWarehouse } from "@dit/storage/warehouse/chdb";
import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  type ComposedServices,
  composeServices,
  ENVIRONMENT,
  keyEncryptionKeyOf,
} from "../support/composed-services.ts";
import { createSeededBytes } from "../support/seeded-random.ts";
import { until } from "../support/until.ts";
import { type Loot, type OpenedSecret, recompute } from "./attacker.ts";
import { reportUnder } from "./population.ts";
import { plunderPostgres } from "./postgres-attacker.ts";
import { forgottenUseCase } from "./use-case.ts";

const SEED = "forgetting in postgres";
const CLIENTS = 1_000;
const HOUR_MS = 3_600_000;
const START_MS = Math.floor(Date.now() / 86_400_000) * 86_400_000;
const WINDOW = START_MS / HOUR_MS;
const FORGOTTEN_WITHIN_MS = 120_000;

const clock = createManualClock(START_MS);
const draw = createSeededBytes(SEED);
const pseudonyms = Array.from({ length: CLIENTS }, () => draw(16));
let directory: string;
let engine: LocalPostgres;
let sql: Sql;
let another: Documents;
let warehouse: Warehouse;
let services: ComposedServices;
let pids: Set<string>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dit-forgetting-"));
  engine = await createLocalPostgres({ directory: join(directory, "postgres") });
  await engine.start();
  sql = postgres(engine.url);
  const { hostname, port, username, password, pathname } = new URL(engine.url);
  const place = { host: hostname, port: Number(port), user: username, password, database: pathname.slice(1) };
  await migratePostgresDocuments(place);
  another = await openPostgresDocuments(place);
  warehouse = await openChdbWarehouse({ path: join(directory, "warehouse") });
  services = await composeServices({
    ...{ directory, warehouse, clock, seed: SEED, useCase: forgottenUseCase, rotationIntervalMs: 100 },
    documents: await openPostgresDocuments(place),
  });
  await reportUnder(pseudonyms, services, clock);
  await services.drain();
  const rows = await warehouse.query<{ pid: string }>("SELECT DISTINCT pid FROM dit.forgotten__opened");
  pids = new Set(rows.map(({ pid }) => pid.replaceAll("-", "")));
});
afterAll(async () => {
  await services.stop();
  await Promise.all([warehouse.close(), another.close(), sql.end()]);
  await engine.stop();
  await rm(directory, { recursive: true, force: true });
});

it("lets who has the server's files and the key-encryption key tell clients, while their window lasts", async () => {
  await sql`CHECKPOINT`;
  const loot = await stealDiskAndKey();
  expect(recomputed(loot)).toBe(CLIENTS);
  expect(placesOf(loot.secrets)).toEqual([
    `account-keys/forgotten/${WINDOW}`,
    "primary-keys/forgotten/1",
    "primary-keys/forgotten/2",
    `salts/forgotten/${WINDOW}`,
  ]);
});

it("lets nobody tell them with the files alone", async () => {
  const loot = await stealDisk();
  expect(loot.documents.length).toBeGreaterThan(0);
  expect(placesOf(loot.secrets)).toEqual([]);
  expect(recomputed(loot)).toBe(0);
});

it("still lets who has both when the salt is only deleted, and no more when it is forgotten", async () => {
  // Somebody who reads keeps the server from forgetting.
  const reader = await sql.reserve();
  await reader`BEGIN ISOLATION LEVEL REPEATABLE READ`;
  await reader`SELECT FROM dit.audit`;
  const { epoch, pseudonym } = forgottenUseCase;
  clock.advance(HOUR_MS + (epoch.graceSeconds + pseudonym.saltGraceSeconds) * 1000);
  await services.sink.destroyExpiredSalts();
  expect(await another.list("salts")).toEqual([]);
  await sql`CHECKPOINT`;
  expect(recomputed(await stealDiskAndKey())).toBe(CLIENTS);

  await reader`COMMIT`;
  reader.release();
  await untilForgotten();
  const loot = await stealDiskAndKey();
  expect(placesOf(loot.secrets).filter((place) => place.startsWith("salts/"))).toEqual([]);
  expect(recomputed(loot)).toBe(0);
});

it("leaves no key behind that opens: of accounts, and of tokens", async () => {
  clock.advance(2 * HOUR_MS);
  await until(() => isDone("account_key.destroyed"), 10_000, "the account key stays");
  await until(() => isDone("primary_key.destroyed"), 10_000, "the primary key stays");
  await untilForgotten();
  const loot = await stealDiskAndKey();
  expect(placesOf(loot.secrets)).toEqual(["primary-keys/forgotten/2", "primary-keys/forgotten/3"]);
});

/** Its data directory, and its log beside that. */
function filesOfServer(): string {
  return dirname(engine.dataDirectory);
}

function stealDisk(): Promise<Loot> {
  return plunderPostgres({ directory: filesOfServer(), environment: ENVIRONMENT });
}

function stealDiskAndKey(): Promise<Loot> {
  const keyEncryptionKey = keyEncryptionKeyOf(SEED);
  return plunderPostgres({ directory: filesOfServer(), environment: ENVIRONMENT, keyEncryptionKey });
}

function recomputed({ candidates }: Loot): number {
  return recompute(candidates(), pseudonyms, pids);
}

function placesOf(secrets: readonly OpenedSecret[]): string[] {
  return [...new Set(secrets.map(({ place }) => place))].sort();
}

async function isDone(action: string): Promise<boolean> {
  return (await another.readAudit(0, 1_000)).some((entry) => entry.action === action);
}

async function untilForgotten(): Promise<void> {
  const isForgotten = async () => {
    const [state] = await sql`SELECT FROM dit.documents_state WHERE forgotten_commits = destroying_commits`;
    return state !== undefined;
  };
  await until(isForgotten, FORGOTTEN_WITHIN_MS, "what was destroyed is not forgotten");
}
