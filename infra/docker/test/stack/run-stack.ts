/**
 * `docker compose --profile core --profile simulator up` for the services that are built here, on real stores, in a network of this process's
 * own: the services listen where compose.yaml says, and nobody else can reach that.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readCompose } from "../compose/read-compose.ts";
import { COMPOSE_FILE, readRepositoryFile } from "../repository.ts";
import { kafkaContainer } from "./kafka-container.ts";
import { createLocalStores, type LocalStores, withLocalStores } from "./local-stores.ts";
import type { StackResult, StackSetting } from "./stack-result.ts";
import { type Container, type ContainerOptions, startContainer } from "./start-container.ts";
import { startingOrder } from "./starting-order.ts";

const READY_WITHIN_MS = 120_000;
const ROWS_WITHIN_MS = 120_000;
const ENDED_WITHIN_MS = 35_000;
/** Each question starts a Node. */
const POLL_MS = 500;
const ENOUGH_ROWS = 100;

const setting = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as StackSetting;
const compose = readCompose(readRepositoryFile(COMPOSE_FILE));
const hosts = join(setting.directory, "hosts");
writeFileSync(hosts, `127.0.0.1 localhost ${Object.keys(compose.services).join(" ")}\n`);
const stores = await createLocalStores(compose, setting.directory);
const containers = new Map<string, Container>();
try {
  await Promise.all(Object.values(stores).map((store) => store.start()));
  writeFileSync(setting.resultPath, JSON.stringify(await runStack(stores)));
  await Promise.all(Object.values(stores).map((store) => store.stop()));
} catch (error) {
  const logs = [...containers.values()].map((each) => `--- ${each.name}\n${each.log().slice(-4_000)}`);
  process.stderr.write(`${logs.join("\n")}\n`);
  throw error;
}
process.exit(0);

async function runStack(running: LocalStores): Promise<StackResult> {
  const readyAfterMs: Record<string, number> = { kafka: await startKafka() };
  for (const name of startingOrder(compose)) readyAfterMs[name] = await start(name, running);
  const migrated = [log("migrate"), ""] as [string, string];
  await start("migrate", running);
  migrated[1] = log("migrate").slice(migrated[0].length);
  const rows = await untilRows(running);
  const beforeDoctor = log("dit").length;
  await start("dit", running, ["doctor"]);
  const doctor = log("dit").slice(beforeDoctor);

  const stopped: Record<string, StackResult["stopped"][string]> = {};
  stopped.simulator = await stop("simulator");
  stopped.ingest = await stop("ingest");
  const edgeIsHealthyWithoutIngest = await isHealthyFor("edge", READY_WITHIN_MS);
  for (const name of ["edge", "reid", "sink", "acs", "kafka"]) stopped[name] = await stop(name);
  return { readyAfterMs, migrated, rows, doctor, edgeIsHealthyWithoutIngest, stopped };
}

async function startKafka(): Promise<number> {
  return await run(await kafkaContainer(compose.services.kafka ?? {}, { ...setting, hosts }));
}

async function start(name: string, running: LocalStores, command?: readonly string[]): Promise<number> {
  const service = compose.services[name];
  const image = setting.images[service?.build?.args.SERVICE ?? ""];
  if (service === undefined || image === undefined) throw new Error(`there is no image for ${name}`);
  const environment = Object.fromEntries(
    Object.entries(service.environment ?? {}).map(([key, value]) => [key, withLocalStores(value, running)]),
  );
  return await run({
    ...{ ...setting, name, image, environment, hosts },
    service: { ...service, ...(command && { command }) },
  });
}

/** Resolves, with the time it took, once whoever waits for it may start. */
async function run(options: ContainerOptions): Promise<number> {
  const startedMs = performance.now();
  const { name, service } = options;
  const container = startContainer(options);
  containers.set(name, container);
  if (service.healthcheck?.disable === true) {
    const exitCode = await container.exited;
    if (exitCode !== 0) throw new Error(`${name} ended with ${exitCode}`);
  } else {
    await until(`${name} is not healthy in time`, READY_WITHIN_MS, async () => {
      if (container.hasExited()) throw new Error(`${name} ended before it was healthy`);
      return await container.isHealthy();
    });
  }
  return performance.now() - startedMs;
}

async function stop(name: string): Promise<StackResult["stopped"][string]> {
  const startedMs = performance.now();
  const container = containerOf(name);
  container.terminate();
  const late = sleep(ENDED_WITHIN_MS, "late" as const, { ref: false });
  const exitCode = await Promise.race([container.exited, late]);
  if (exitCode === "late") throw new Error(`${name} does not end`);
  return { exitCode, afterMs: performance.now() - startedMs };
}

/** Still healthy after that time; false as soon as it is not. */
async function isHealthyFor(name: string, withinMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + withinMs;
  while (await containerOf(name).isHealthy()) {
    if (performance.now() > deadlineMs) return true;
    await sleep(POLL_MS);
  }
  return false;
}

async function untilRows({ clickhouse }: LocalStores): Promise<number> {
  const { username, password, origin } = new URL(clickhouse.url);
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const query = "SELECT count() FROM dit.client_health__timer_fired";
  let rows = 0;
  await until("no event reaches ClickHouse", ROWS_WITHIN_MS, async () => {
    const answer = await fetch(origin, { method: "POST", body: query, headers: { authorization } });
    rows = answer.ok ? Number(await answer.text()) : 0;
    return rows >= ENOUGH_ROWS;
  });
  return rows;
}

async function until(otherwise: string, withinMs: number, holds: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(otherwise);
    await sleep(POLL_MS);
  }
}

function containerOf(name: string): Container {
  const container = containers.get(name);
  if (container === undefined) throw new Error(`${name} does not run`);
  return container;
}

function log(name: string): string {
  return containerOf(name).log();
}
