import { setTimeout as sleep } from "node:timers/promises";
import { request as send } from "undici";
import { describe, expect, test } from "vitest";
import { describeEdge } from "../test/describe-edge.ts";
import { BODY, CREDENTIAL, PATH, rigs } from "../test/rig.ts";
import { startNodeEdge } from "../test/start-node-edge.ts";

type StartOptions = Parameters<typeof startNodeEdge>[0];

describe("in one process with ingest", () => {
  /** What its handler gets goes to the stub that stands for ingest, with the very headers. */
  describeEdge((options) => startNodeEdge(options, { ingestFetch: (request) => relay(options, request) }));

  const failing = rigs((options: StartOptions) =>
    startNodeEdge(options, { ingestFetch: () => Promise.reject(new Error(`it was ${CREDENTIAL}`)) }),
  );

  test("a handler that fails is a service that cannot be reached, and its error is told to nobody", async () => {
    const rig = await failing();
    const answer = await rig.send();
    const told = await rig.edge.told();
    expect([answer.status, await answer.json()]).toMatchObject([502, { code: "upstream_unavailable" }]);
    expect(told).toContain("dependency.failed");
    expect(told).not.toContain(CREDENTIAL);
  });
});

test("stopping waits for a report that ingest works on, also when its client has gone", async () => {
  const begun = Promise.withResolvers<void>();
  const kept = Promise.withResolvers<void>();
  const start = rigs((options: StartOptions) =>
    startNodeEdge(options, {
      async ingestFetch() {
        begun.resolve();
        await kept.promise;
        return new Response(null, { status: 202 });
      },
    }),
  );
  const { edge } = await start();
  const client = new AbortController();
  const sent = fetch(`${edge.url}${PATH}`, {
    ...{ method: "POST", body: BODY, signal: client.signal },
    headers: { "content-type": "application/json", "dit-credential": CREDENTIAL },
  });
  await begun.promise;
  client.abort();
  await expect(sent).rejects.toThrow();
  let isStopped = false;
  const stopping = edge.stop().then(() => {
    isStopped = true;
  });
  await sleep(300);
  expect(isStopped).toBe(false);
  kept.resolve();
  await stopping;
});

async function relay({ ingestUrl }: StartOptions, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const answer = await send(`${ingestUrl}${pathname}`, {
    method: "POST",
    headers: Object.fromEntries(request.headers),
    body: Buffer.from(await request.arrayBuffer()),
  });
  const { "content-type": contentType, "retry-after": retryAfter } = answer.headers;
  const headers = new Headers();
  if (typeof contentType === "string") headers.set("content-type", contentType);
  if (typeof retryAfter === "string") headers.set("retry-after", retryAfter);
  return new Response(await answer.body.text(), { status: answer.statusCode, headers });
}
