import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeMetrics, readPromql, SERVICES } from "@dit/observability";
import { PROBLEMS } from "@dit/protocol";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sendSyntheticEvent } from "../../src/doctor/send-synthetic-event.ts";
import { type Pipeline, startPipeline } from "../../src/pipeline/pipeline.ts";
import { MANY_AT_ONCE } from "../support/many-at-once.ts";
import { until } from "../support/until.ts";
import { shippedExpressions, shippedPanels } from "./expressions.ts";
import { valuesOf } from "./sample-values.ts";

const START_WITHIN_MS = 90_000;

let directory: string;
let pipeline: Pipeline;
let texts: Record<string, string>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dit-metrics-"));
  pipeline = await startPipeline({
    env: MANY_AT_ONCE,
    dataDirectory: directory,
    freePorts: true,
    writeLog: () => undefined,
  });
  const { addresses, environment, account } = pipeline;
  const sent = await sendSyntheticEvent({ addresses, environment, accessToken: undefined });
  await sent.reportId;
  await until(async () => (await account.pending()) === 0, 10_000, "the event is not stored");
  texts = await readAll();
}, START_WITHIN_MS);
afterAll(async () => {
  await pipeline.stop();
  await rm(directory, { recursive: true, force: true });
}, START_WITHIN_MS);

async function readAll(): Promise<Record<string, string>> {
  const { edgeAdminUrl, acsAdminUrl, ingestAdminUrl, sinkAdminUrl, reidAdminUrl } = pipeline.addresses;
  const urls = {
    ...{ edge: edgeAdminUrl, acs: acsAdminUrl, ingest: ingestAdminUrl, sink: sinkAdminUrl },
    reid: reidAdminUrl,
  };
  const read = Object.entries(urls).map(async ([service, url]) => {
    const answer = await fetch(`${url}/metrics`);
    return [service, await answer.text()] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

/** In one process ACS is called directly: there is one clock, and nothing to compare. */
const isOfManyProcesses = (name: string) => name.endsWith("_acs_clock_skew_seconds");

it.each(SERVICES)("%s shows what docs/METRICS.md says it does, and nothing else", (service) => {
  const shown = [...(texts[service] ?? "").matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [
    name,
    type,
  ]);
  const described = describeMetrics(service).filter(({ name }) => !isOfManyProcesses(name));
  expect(shown.toSorted()).toEqual(described.map(({ name, type }) => [name, type]).toSorted());
});

/** Of labels whose values the code decides, and that alerts and dashboards pick series by. */
const PICKED_BY = ["dependency", "operation", "outcome", "le"];

it("alerts and dashboards pick series by values that there are", () => {
  const faults: string[] = [];
  for (const [place, expression] of Object.entries(shippedExpressions())) {
    for (const { metric, matchers } of readPromql(expression).selectors) {
      for (const { label, values } of matchers.filter((matcher) => PICKED_BY.includes(matcher.label))) {
        const seen = valuesOf(Object.values(texts), metric, label);
        // Prometheus 3 writes bounds as 1.0.
        for (const bound of label === "le" ? [...seen] : []) seen.add(`${bound}.0`);
        const known = label === "outcome" ? new Set([...seen, ...Object.keys(PROBLEMS)]) : seen;
        for (const value of values) {
          if (!known.has(value) && value !== NEVER_FAILED)
            faults.push(`${place}: ${metric} ${label} ${value}`);
        }
      }
    }
  }
  expect(faults).toEqual([]);
});

/** A counter of failures has no series before the first one; that ACS watches it is seen in the durations. */
const NEVER_FAILED = "jwks";

it("ACS watches the key sets of identity providers under that name", () => {
  const watched = valuesOf(Object.values(texts), "dit_acs_dependency_seconds_count", "dependency");
  expect(watched).toContain(NEVER_FAILED);
});

it.each(shippedPanels().flatMap(({ title, panel }) => ("sql" in panel ? [[title, panel.sql] as const] : [])))(
  "%s: an analyst's port answers it",
  async (_, sql) => {
    const url = `${pipeline.addresses.warehouseUrl}/?default_format=JSON`;
    const answer = await fetch(url, { method: "POST", body: sql });
    expect(answer.status).toBe(200);
    const { data, meta }: { data: unknown[]; meta: { name: string; type: string }[] } = JSON.parse(
      await answer.text(),
    );
    if (sql.includes("dead_letters AS d")) return expect(data).toEqual([]);
    expect(data).toHaveLength(1);
    expect(meta[0]).toEqual({ name: "time", type: "DateTime" });
  },
);
