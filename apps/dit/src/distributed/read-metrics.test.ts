import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createMetrics } from "@dit/service-kit";
import { expect, it, onTestFinished } from "vitest";
import { readMetrics } from "./read-metrics.ts";

/** An operator's port with these figures. */
async function serve(counts: Readonly<Record<string, number>>): Promise<string> {
  const metrics = createMetrics("edge");
  const problems = metrics.counter("http_problems_total", "Refused", ["code"]);
  metrics.counter("http_problems_total_of_another_kind", "Another name that begins so").inc(1_000);
  for (const [code, count] of Object.entries(counts)) problems.inc({ code }, count);
  const server = createServer(async (_, outgoing) => void outgoing.end(await metrics.text()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it("adds up what the instances of a service say, by labels where they are asked for", async () => {
  const edge = await readMetrics("edge", [
    await serve({ overloaded: 2, not_found: 1 }),
    await serve({ overloaded: 3 }),
    await serve({}),
  ]);
  expect(await edge.value("http_problems_total")).toBe(6);
  expect(await edge.value("http_problems_total", { code: "overloaded" })).toBe(5);
  expect(await edge.value("http_problems_total", { code: "unheard_of" })).toBe(0);
});

it("does not take silence or a misspelt name for 0", async () => {
  const edge = await readMetrics("edge", [await serve({ overloaded: 2 })]);
  await expect(edge.value("http_problem_total")).rejects.toThrow(
    "no metric is named dit_edge_http_problem_total",
  );
  await expect(readMetrics("edge", ["http://127.0.0.1:1"])).rejects.toThrow(
    "nothing answers at http://127.0.0.1:1/metrics",
  );
});
