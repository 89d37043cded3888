import type { UseCase } from "@dit/protocol/schemas";
import { createTestMonitor, fillWindow, makeUseCase, type TestStores, WINDOW } from "./harness.ts";
import { CLEAN, FAULTS, JOINED_FAULT, PAIR_FAULT, type Scenario } from "./scenarios.ts";

type Stores = Pick<TestStores, "warehouse" | "documents">;
type Scenarios = Readonly<Record<string, Scenario>>;

export interface Detection {
  readonly planted: number;
  readonly missed: readonly string[];
  /** Fields that were stopped and are clean. */
  readonly falselyBlocked: readonly string[];
}

/** Plants thirty faults and every clean field for one window, and lets the monitor run once after it. */
export async function detectFaults(stores: Stores, seed: number, people: number): Promise<Detection> {
  const faulty = await plant(stores, `faulty_${seed}`, { ...CLEAN, ...FAULTS, ...PAIR_FAULT }, seed, people);
  const joined = await plant(stores, `joined_${seed}`, { ...CLEAN, ...JOINED_FAULT }, seed, people);
  const monitor = await createTestMonitor(stores, [faulty, joined]);
  await monitor.run();
  const blocked = new Set(monitor.decisions.map(({ field }) => field));
  const [joint] = await stores.warehouse.query<{ alerts: number }>(
    "SELECT count() AS alerts FROM dit.reid_alerts WHERE use_case = {useCase:String} AND score = 'containment' AND fields = ['handset'] AND other = {other:String}",
    { useCase: joined.useCase, other: `${faulty.useCase}.sent.device_serial` },
  );
  for (const { useCase } of [faulty, joined])
    await stores.warehouse.command(`DROP TABLE dit.${useCase}__sent SYNC`);
  const missed = Object.keys(FAULTS).filter((name) => !blocked.has(name));
  if (!Object.keys(PAIR_FAULT).some((name) => blocked.has(name))) missed.push("model with locale");
  if (Number(joint?.alerts) === 0) missed.push("device_serial as handset");
  return {
    planted: Object.keys(FAULTS).length + 2,
    missed,
    falselyBlocked: [...blocked].filter((name) => Object.hasOwn(CLEAN, name)),
  };
}

/** Fills a window of a use case for each seed with clean fields alone, and lets the monitor run once for all; what it stops of them. */
export async function detectNothing(
  stores: Stores,
  seeds: readonly number[],
  peopleOf: (seed: number) => number,
): Promise<readonly string[]> {
  const clean: UseCase[] = [];
  for (const seed of seeds) clean.push(await plant(stores, `clean_${seed}`, CLEAN, seed, peopleOf(seed)));
  const monitor = await createTestMonitor(stores, clean);
  await monitor.run();
  for (const { useCase } of clean) await stores.warehouse.command(`DROP TABLE dit.${useCase}__sent SYNC`);
  return monitor.decisions.map(({ useCase, field }) => `${useCase}.${field}`);
}

async function plant(
  { warehouse }: Stores,
  useCase: string,
  scenarios: Scenarios,
  seed: number,
  people: number,
): Promise<UseCase> {
  const fields = Object.fromEntries(Object.entries(scenarios).map(([name, { field }]) => [name, field]));
  const values = Object.fromEntries(
    Object.entries(scenarios).map(([name, { value }]) => [name, value.replaceAll("seed", String(seed))]),
  );
  const document = makeUseCase(useCase, fields, { onBreach: "block" });
  await fillWindow(warehouse, document, { window: WINDOW, people, rowsPerPerson: 2, values });
  return document;
}
