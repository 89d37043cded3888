import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ROUTES } from "@dit/protocol";
import type { KeyDocument } from "@dit/protocol/schemas";
import { type Acknowledged, type Simulator, simulatedUseCase, startSimulator } from "@dit/simulator";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ChildPipeline, createChildPipeline } from "./support/child-pipeline.ts";
import { fateOf } from "./support/stored-reports.ts";
import { until } from "./support/until.ts";

const KILLS = 20;
const MAX_LIFE_MS = 2_500;
const STORED_WITHIN_MS = 60_000;

let directory: string;
let pipeline: ChildPipeline;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dit-kill-"));
  pipeline = await createChildPipeline(directory);
});
afterAll(async () => {
  await pipeline.kill();
  await rm(directory, { recursive: true, force: true });
});

it(`stores every acknowledged report exactly once over ${KILLS} kills of the whole process`, async () => {
  const acknowledged: Acknowledged[] = [];
  await pipeline.start();
  const simulator = await simulate((report) => acknowledged.push(report));
  let known = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    await until(() => acknowledged.length > known, STORED_WITHIN_MS, "nothing more is acknowledged");
    await sleep(Math.random() * MAX_LIFE_MS);
    await pipeline.kill();
    known = acknowledged.length;
    await pipeline.start();
  }
  await simulator.stop();

  const fate = await fateOf(pipeline.addresses.warehouseUrl, acknowledged, STORED_WITHIN_MS);
  process.stdout.write(
    `${KILLS} kills: ${fate.acknowledged} reports acknowledged, ${fate.lost.length} missing, ${fate.incomplete.length} incomplete, ${fate.storedTwice.length} stored twice\n`,
  );
  expect(fate).toMatchObject({ lost: [], incomplete: [], storedTwice: [] });
  expect(acknowledged.length).toBeGreaterThan(KILLS);
  expect(await pipeline.stop()).toBe(0);
});

async function simulate(onAcknowledged: (report: Acknowledged) => void): Promise<Simulator> {
  const { addresses } = pipeline;
  const answer = await fetch(addresses.acsUrl + ROUTES.keys(simulatedUseCase.useCase));
  const { keys } = (await answer.json()) as KeyDocument;
  const pinnedKeys = keys.map(({ keyVersion, publicKey }) => ({ keyVersion, publicKey }));
  const population = { seed: 1, clients: 60, eventsPerSecond: 1_000, attackIntervalMs: 5_000 };
  const { acsUrl, edgeUrl, identityProviderUrl } = addresses;
  const place = { acsUrls: [acsUrl], edgeUrls: [edgeUrl], identityProviderUrl };
  return startSimulator({ ...place, ...population, environment: "development", pinnedKeys }, onAcknowledged);
}
