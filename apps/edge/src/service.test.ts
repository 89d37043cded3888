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

test("a full edge refuses before a body is there, and says when to come back", async () => {
  const rig = await start({ maxInFlightRequests: 1, bodyTimeoutMs: 1_000 });
  const held = Promise.withResolvers<() => void>();
  rig.upstream.answer = (_, response) => held.resolve(() => response.writeHead(202).end());
  const first = rig.send();
  const release = await held.promise;
  const answer = await rig.raw(rawRequest(PROTOCOL_HEADERS).slice(0, -10));
  expect(answer).toMatch(/^HTTP\/1.1 503 .*retry-after: 1\r\n.*"code":"overloaded"/is);
  expect(await rig.edge.metrics.value("requests_shed_total", { operation: "report" })).toBe(1);
  release();
  expect((await first).status).toBe(202);
});

test("an ingest that hung does not make it shed for ever", async () => {
  const rig = await start({ maxInFlightRequests: 2, upstreamTimeoutMs: 100 });
  const { answer } = rig.upstream;
  rig.upstream.answer = () => undefined;
  const hanging = [rig.send(), rig.send()];
  await expect.poll(() => rig.upstream.received).toHaveLength(2);
  expect((await rig.send()).status).toBe(503);
  expect((await Promise.all(hanging)).map(({ status }) => status)).toEqual([504, 504]);
  rig.upstream.answer = answer;
  expect((await rig.send()).status).toBe(202);
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
