import { randomBytes } from "node:crypto";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { REPORTS_TOPIC } from "@dit/protocol";
import { createManualClock } from "@dit/service-kit";
import type { Warehouse } from "@dit/storage";
import { openLmdbEventLog } from "@dit/storage/event-log/lmdb";
import { openChdbWarehouse } from "@dit/storage/warehouse/chdb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ComposeOptions, composeServices } from "../support/composed-services.ts";
import { createDevices, type Device } from "../support/device.ts";
import { freePorts } from "../support/free-ports.ts";
import { tapSockets } from "../support/socket-tap.ts";
import { startLeakyEdge } from "./leaky-edge.ts";
import { differences, type Observation, observe } from "./observe.ts";
import { workloadUseCase } from "./use-case.ts";
import { runWorkload, type WorkloadOptions } from "./workload.ts";

const SEED = process.env.DIT_TEST_SEED ?? randomBytes(8).toString("hex");
const CLIENTS = 9;
/** Two rotation windows, and an epoch's end within the first. */
const ROUNDS = 3;
const TIMEOUT_MS = 60_000;
/** The engine lets go of old rows by its own clock. */
const START_MS = Math.floor(Date.now() / 86_400_000) * 86_400_000;

interface Faults {
  readonly startEdge?: ComposeOptions["startEdge"];
  readonly seedOfClient?: WorkloadOptions["seedOfClient"];
  readonly rounds?: number;
}

/** `startEdge`: of another edge than apps/edge. */
export function describeNonInterference({ startEdge }: Pick<Faults, "startEdge"> = {}): void {
  const devices = createDevices(`${SEED} devices`, CLIENTS);
  /** No client keeps its own: client i has the device, account and address of client i + 4. */
  const exchanged = devices.map((_, index) => devices[(index + 4) % CLIENTS] as Device);
  let directory: string;
  let warehouse: Warehouse;
  let ingestPort: number;
  let runs = 0;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "dit-non-interference-"));
    warehouse = await openChdbWarehouse({ path: join(directory, "warehouse") });
    [ingestPort = 0] = await freePorts(1);
    // A topic is given a random name when it is made, once: all runs begin with the same one.
    const eventLog = await openLmdbEventLog({ path: join(directory, "initial", "event-log"), partitions: 1 });
    const onPartition = async () => undefined;
    await eventLog.consume({ topic: REPORTS_TOPIC, group: "sink", signal: AbortSignal.abort(), onPartition });
    await eventLog.close();
  }, TIMEOUT_MS);
  afterAll(async () => {
    await warehouse.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** The whole pipeline from its beginning, with the same seeds and the same clock. */
  async function run(assigned: readonly Device[], faults: Faults = {}): Promise<Observation> {
    runs += 1;
    const path = join(directory, `run-${runs}`);
    await cp(join(directory, "initial"), path, { recursive: true });
    const clock = createManualClock(START_MS);
    const tap = tapSockets();
    const { startEdge: startFaultyEdge = startEdge } = faults;
    const services = await composeServices({
      directory: path,
      warehouse,
      clock,
      seed: SEED,
      useCase: workloadUseCase,
      ingestPort,
      oneByOne: true,
      ...(startFaultyEdge && { startEdge: startFaultyEdge }),
    });
    // Merges come when the engine likes.
    await warehouse.command("SYSTEM STOP MERGES");
    try {
      const { seedOfClient = (index: number) => `${SEED} ${index}`, rounds = ROUNDS } = faults;
      await runWorkload({ services, clock, seed: SEED, devices: assigned, seedOfClient, rounds });
      return await observe(services, warehouse, tap.connections());
    } finally {
      await services.stop();
      tap.close();
      for (const database of ["dit_views", "dit"])
        await warehouse.command(`DROP DATABASE IF EXISTS ${database} SYNC`);
    }
  }

  describe(`a workload of seed ${SEED}, with all accounts, addresses and devices exchanged`, () => {
    it("is the same behind the edge, byte for byte", { timeout: TIMEOUT_MS }, async () => {
      const one = await run(devices);
      const other = await run(exchanged);
      expect(differences(one, other)).toEqual([]);
      // It was a workload: reports of every client, repeats, refusals, several windows.
      expect(one["requests of ingest"]?.match(/POST \/v1\/use-cases/g)?.length).toBeGreaterThan(2 * CLIENTS);
      expect(one["requests of ACS to redeem and confirm"]).toContain("/redemptions/confirm");
      expect(one["metrics of ingest"]).toMatch(/reports_duplicate_total [1-9]/);
      expect(one["metrics of ingest"]).toMatch(/reports_rejected_total\{code="credential_invalid"\} [1-9]/);
      expect(one["metrics of the sink"]).toMatch(/salts_created_total [2-9]/);
      expect(one["event log"]?.split("\n").length).toBeGreaterThan(2 * CLIENTS);
      expect(one["table workload__opened"]?.split("\n").length).toBeGreaterThan(2 * CLIENTS);
    });

    it("is not, if the edge forwards one header more", { timeout: TIMEOUT_MS }, async () => {
      const faults = { startEdge: startLeakyEdge, rounds: 1 };
      const differing = differences(await run(devices, faults), await run(exchanged, faults));
      expect(differing).toEqual(["requests of ingest"]);
    });

    it("is not, if clients make their tokens from their accounts", { timeout: TIMEOUT_MS }, async () => {
      const seedOfClient = (_: number, { account }: Device) => account;
      const faults = { seedOfClient, rounds: 1 };
      const differing = differences(await run(devices, faults), await run(exchanged, faults));
      expect(differing).toEqual(
        expect.arrayContaining(["requests of ingest", "requests of ACS to redeem and confirm", "event log"]),
      );
    });
  });
}
