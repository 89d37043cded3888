import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toBase64Url } from "@dit/crypto-core";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { ROUTES } from "@dit/protocol";
import type { KeyDocument } from "@dit/protocol/schemas";
import { type Clock, createManualClock } from "@dit/service-kit";
import type { Documents, Warehouse } from "@dit/storage";
import { openChdbWarehouse } from "@dit/storage/warehouse/chdb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type ComposedServices,
  composeServices,
  ENVIRONMENT,
  keyEncryptionKeyOf,
} from "../support/composed-services.ts";
import { readRecords } from "../support/read-records.ts";
import { createSeededBytes } from "../support/seeded-random.ts";
import { until } from "../support/until.ts";
import { type Loot, type OpenedSecret, plunder, recompute } from "./attacker.ts";
import { reportUnder } from "./population.ts";
import { forgottenUseCase } from "./use-case.ts";

const SEED = process.env.DIT_TEST_SEED ?? randomBytes(8).toString("hex");
const TIMEOUT_MS = 10 * 60_000;
const HOUR_MS = 3_600_000;
const START_MS = Math.floor(Date.now() / 86_400_000) * 86_400_000;
const RETENTION_MS = 6 * HOUR_MS;
const WINDOW = START_MS / HOUR_MS;

/** Everybody's pseudonyms, and an attacker who knows them all and has the files. */
export function describeForgetting({
  clients,
  inEveryFile,
}: {
  readonly clients: number;
  /** Whether salts are looked for in all stores' files as well, and not only in those of the documents, where they are kept. */
  readonly inEveryFile: boolean;
}): void {
  const clock = createManualClock(START_MS);
  const keyEncryptionKey = keyEncryptionKeyOf(SEED);
  const draw = createSeededBytes(`${SEED} pseudonyms`);
  const pseudonyms = Array.from({ length: clients }, () => draw(16));
  let directory: string;
  let warehouse: Warehouse;
  let services: ComposedServices;
  let pids: Set<string>;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "dit-forgetting-"));
    warehouse = await openChdbWarehouse({ path: join(directory, "warehouse") });
    services = await composeServices({
      directory,
      warehouse,
      clock,
      seed: SEED,
      useCase: forgottenUseCase,
      rotationIntervalMs: 100,
    });
    await reportUnder(pseudonyms, services, clock);
    await services.drain();
    const rows = await warehouse.query<{ pid: string }>("SELECT DISTINCT pid FROM dit.forgotten__opened");
    pids = new Set(rows.map(({ pid }) => pid.replaceAll("-", "")));
  }, TIMEOUT_MS);
  afterAll(async () => {
    await services.stop();
    await warehouse.close();
    await rm(directory, { recursive: true, force: true });
  }, TIMEOUT_MS);

  const stealDisk = () => plunder({ directory, environment: ENVIRONMENT });
  const stealDiskAndKey = () => plunder({ directory, environment: ENVIRONMENT, keyEncryptionKey });
  const recomputed = ({ candidates }: Loot) => recompute(candidates(), pseudonyms, pids);
  const placesOf = (secrets: readonly OpenedSecret[]) =>
    [...new Set(secrets.map(({ place }) => place))].sort();

  describe(`${clients} clients of seed ${SEED}, every one of whose pseudonyms is known`, () => {
    it("have as many stored pseudonyms", () => expect(pids.size).toBe(clients));

    it("while their window lasts, can be told by who has the disk and the key-encryption key", {
      timeout: TIMEOUT_MS,
    }, async () => {
      const loot = await stealDiskAndKey();
      expect(recomputed(loot)).toBe(clients);
      expect(placesOf(loot.secrets)).toEqual([
        `account-keys/forgotten/${WINDOW}`,
        "primary-keys/forgotten/1",
        "primary-keys/forgotten/2",
        `salts/forgotten/${WINDOW}`,
      ]);
      await expectPrimaryKeys(loot);
    });

    it("cannot by who has the disk alone", { timeout: TIMEOUT_MS }, async () => {
      const loot = await stealDisk();
      expect(loot.documents.length).toBeGreaterThan(0);
      expect(placesOf(loot.secrets)).toEqual([]);
      expect(recomputed(loot)).toBe(0);
    });

    it("can to the last second of the window's grace, and not after it, whatever is at hand", {
      timeout: TIMEOUT_MS,
    }, async () => {
      const { epoch, pseudonym } = forgottenUseCase;
      clock.advance(HOUR_MS + (epoch.graceSeconds + pseudonym.saltGraceSeconds) * 1000 - 1);
      await services.sink.destroyExpiredSalts();
      expect(recomputed(await stealDiskAndKey())).toBe(clients);
      clock.advance(1);
      await services.sink.destroyExpiredSalts();
      const loot = await stealDiskAndKey();
      expect(placesOf(loot.secrets).filter((place) => place.startsWith("salts/"))).toEqual([]);
      expect(recomputed(loot)).toBe(0);
      expect(recomputed(await stealDisk())).toBe(0);
    });

    it.runIf(inEveryFile)(
      "cannot by anything that lies in any file of any store",
      { timeout: TIMEOUT_MS },
      async () => {
        const loot = await plunder({ directory, environment: ENVIRONMENT, keyEncryptionKey, inEveryFile });
        expect(recomputed(loot)).toBe(0);
      },
    );

    it("leave no key behind that opens: of accounts, and of tokens", { timeout: TIMEOUT_MS }, async () => {
      clock.advance(2 * HOUR_MS);
      await until(() => isDone("account_key.destroyed", services.documents), 10_000, "the account key stays");
      await until(() => isDone("primary_key.destroyed", services.documents), 10_000, "the primary key stays");
      const loot = await stealDiskAndKey();
      // Those that live now: the second key of the ring, and the one that follows it.
      expect(placesOf(loot.secrets)).toEqual(["primary-keys/forgotten/2", "primary-keys/forgotten/3"]);
      await expectPrimaryKeys(loot);
      expect(recomputed(loot)).toBe(0);
    });
  });

  /**
   * The log has each client's pseudonym beside the id that its rows carry too: while it is there, it tells whose they are without
   * any salt.
   */
  describe("the event log", () => {
    it("tells pseudonyms while it is retained, and nothing in its files does afterwards", {
      timeout: TIMEOUT_MS,
    }, async () => {
      const later = Array.from({ length: 500 }, () => draw(16));
      await reportUnder(later, services, clock);
      await services.drain();
      expect(countOf(later, await readRecords(services.eventLog))).toBe(later.length);
      const keys = keysIn(await readFile(join(directory, "event-log", "keys")));
      expect(keys.length).toBeGreaterThan(0);
      expect(countOf(later, await filesOfLog(directory))).toBe(0);

      clock.advance(RETENTION_MS + HOUR_MS);
      await until(() => keyIssues(services.acsUrl, clock), 10_000, "no key issues");
      await reportUnder([draw(16)], services, clock);
      await services.drain();
      expect(countOf(later, await readRecords(services.eventLog))).toBe(0);
      const left = await filesOfLog(directory);
      expect(countOf([...later, ...pseudonyms], left)).toBe(0);
      expect(keys.filter((key) => left.includes(key))).toEqual([]);
    });
  });
}

async function filesOfLog(directory: string): Promise<Buffer> {
  const path = join(directory, "event-log");
  const names = await readdir(path);
  return Buffer.concat(await Promise.all(names.map((name) => readFile(join(path, name)))));
}

function keysIn(slots: Buffer): Buffer[] {
  const keys = Array.from({ length: slots.length / 32 }, (_, slot) =>
    slots.subarray(32 * slot, 32 * slot + 32),
  );
  return keys.filter((key) => key.some((byte) => byte !== 0));
}

function countOf(some: readonly Uint8Array[], bytes: Buffer): number {
  const found = new Set(bytes.toString("latin1").match(/"pseudonym":"[\w-]{22}"/g));
  return some.filter((pseudonym) => found.has(`"pseudonym":"${toBase64Url(pseudonym)}"`)).length;
}

/** What was opened is the truth: secret keys are those of the public keys beside them. */
async function expectPrimaryKeys({ documents, secrets }: Loot): Promise<void> {
  const poprf = await createLibsodiumPoprf();
  const published = JSON.stringify(documents.filter(({ place }) => place.startsWith("primary-keys/")));
  for (const { secret } of secrets.filter(({ place }) => place.startsWith("primary-keys/"))) {
    const publicKey = poprf.publicKeyOf(new Uint8Array(secret) as Parameters<typeof poprf.publicKeyOf>[0]);
    expect(published).toContain(toBase64Url(publicKey));
  }
}

async function keyIssues(acsUrl: string, clock: Clock): Promise<boolean> {
  const response = await fetch(acsUrl + ROUTES.keys(forgottenUseCase.useCase));
  const { keys } = (await response.json()) as KeyDocument;
  const now = clock.nowMs() / 1000;
  return keys.some(({ notBefore, notAfter }) => notBefore <= now && now < notAfter);
}

async function isDone(action: string, documents: Documents): Promise<boolean> {
  return (await documents.readAudit(0, 1_000)).some((entry) => entry.action === action);
}
