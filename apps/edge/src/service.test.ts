import { expect, test } from "vitest";
import { describeEdge } from "../test/describe-edge.ts";
import { PROTOCOL_HEADERS, rawRequest, rigs } from "../test/rig.ts";
import { startNodeEdge } from "../test/start-node-edge.ts";

describeEdge(startNodeEdge);

// What it does beyond the promises of every edge.

const start = rigs(startNodeEdge);

test("a body that is late is answered", async () => {
  const rig = await start({ bodyTimeoutMs: 100 });
  const answer = await rig.raw(rawRequest(PROTOCOL_HEADERS).slice(0, -10));
  expect(answer).toMatch(/^HTTP\/1.1 408 .*"code":"request_timeout"/s);
});

test("refusals are counted by code", async () => {
  const rig = await start({ ratePerSecond: 1, rateBurst: 1 });
  await rig.send();
  await rig.send();
  expect(await rig.edge.metrics.value("http_problems_total", { code: "rate_limited" })).toBe(1);
});

test("readiness says why ingest cannot be reached", async () => {
  const rig = await start();
  await rig.upstream.close();
  const ready = await fetch(`${rig.edge.adminUrl}/readyz`);
  expect(await ready.json()).toMatchObject({ dependencies: { ingest: { reason: "ECONNREFUSED" } } });
});
