import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalPrometheus, type LocalEngine } from "@dit/local";
import { SERVICES } from "@dit/observability";
import { startSimulator } from "@dit/simulator";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { type Pipeline, startPipeline } from "../../src/pipeline/pipeline.ts";
import { simulationSetting } from "../../src/pipeline/simulation-setting.ts";
import { MANY_AT_ONCE } from "../support/many-at-once.ts";
import { until } from "../support/until.ts";
import { prometheusFile, shippedQueries } from "./expressions.ts";

/** So that rates have something to be made of. */
const LOOKS = 15;

let directory: string;
let pipeline: Pipeline;
let prometheus: LocalEngine;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dit-prometheus-"));
  pipeline = await startPipeline({
    env: MANY_AT_ONCE,
    dataDirectory: join(directory, "data"),
    freePorts: true,
    writeLog: () => undefined,
  });
  prometheus = await createLocalPrometheus({ directory: join(directory, "prometheus"), config: config() });
  await prometheus.start();
  const simulator = startSimulator(await simulationSetting(pipeline, { clients: 20, eventsPerSecond: 100 }));
  await until(hasLooked, 120_000, "Prometheus does not look often enough");
  await simulator.stop();
});
afterAll(async () => {
  await prometheus.stop();
  await pipeline.stop();
  await rm(directory, { recursive: true, force: true });
});

/** As it is shipped for one box, but for the ports, nobody to tell, and more often. */
function config(): string {
  const { edgeAdminUrl, acsAdminUrl, ingestAdminUrl, sinkAdminUrl, reidAdminUrl } = pipeline.addresses;
  const urls = [edgeAdminUrl, acsAdminUrl, ingestAdminUrl, sinkAdminUrl, reidAdminUrl];
  const shipped: { scrape_configs: { job_name: string }[] } = parse(prometheusFile("one-box.yml").text);
  return stringify({
    global: { scrape_interval: "2s", evaluation_interval: "2s" },
    rule_files: [prometheusFile("alerts.yml").path],
    scrape_configs: shipped.scrape_configs.map(({ job_name }, index) => ({
      job_name,
      static_configs: [{ targets: [new URL(urls[index] ?? "").host] }],
    })),
  });
}

async function ask<T>(path: string): Promise<T> {
  const answer = await fetch(`${prometheus.url}/api/v1/${path}`);
  const { status, data, error }: { status: string; data: T; error?: string } = JSON.parse(
    await answer.text(),
  );
  if (status !== "success") throw new Error(error);
  return data;
}

interface Vector {
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly value: [number, string];
  }[];
}

const query = (expression: string) => ask<Vector>(`query?query=${encodeURIComponent(expression)}`);

async function hasLooked(): Promise<boolean> {
  const { result } = await query(`min(count_over_time(up[10m])) >= ${LOOKS}`);
  return result.length > 0;
}

it("reaches every service, and takes all that it shows", async () => {
  const { activeTargets } = await ask<{
    activeTargets: { labels: { job: string }; health: string; lastError: string }[];
  }>("targets");
  expect(
    activeTargets.map(({ labels, health, lastError }) => [labels.job, health, lastError]).toSorted(),
  ).toEqual(SERVICES.map((service) => [service, "up", ""]).toSorted());
});

it("evaluates every rule, and of a box that is well only the watchdog fires", async () => {
  interface Rules {
    groups: { rules: { name: string; health: string; lastError?: string; state: string }[] }[];
  }
  const rules = async () => (await ask<Rules>("rules")).groups.flatMap((group) => group.rules);
  await until(
    async () => (await rules()).every(({ health }) => health !== "unknown"),
    20_000,
    "rules stay new",
  );
  expect((await rules()).filter(({ health }) => health !== "ok")).toEqual([]);
  const firing = (await rules()).filter(({ state }) => state === "firing").map(({ name }) => name);
  expect(firing.filter((name) => name !== "Watchdog")).toEqual([]);
});

/** Panels that show trouble alone, what one box has not (several clocks), and what a young one has not yet. */
const EMPTY_IF_WELL =
  /Refused|Failures|Set aside|Left out|Repairs|have had their tokens|Clocks|not opened|: set aside|Exposed pids|what does not arrive: \{\{/;

it.each(shippedQueries())("%s has an answer", async (title, expression) => {
  const { result } = await query(expression);
  if (!EMPTY_IF_WELL.test(title)) expect(result.length).toBeGreaterThan(0);
});
