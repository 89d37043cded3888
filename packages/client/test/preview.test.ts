import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { problem } from "./testing/server.ts";
import { createWorld } from "./testing/world.ts";

describe("a preview", () => {
  it.each(["with gzip", "without gzip"])("is byte for byte what a flush then sends, %s", async (mode) => {
    const world = createWorld(mode === "with gzip" ? {} : { platform: { gzip: undefined } });
    const client = world.start();
    for (let i = 0; i < 45; i++) client.log("message_delivered", { latency_ms: i, note: "x" });
    const previewed = await client.preview();
    expect(world.server.reports).toHaveLength(0);
    expect(await client.preview()).toEqual(previewed);
    await client.flush();
    expect(previewed.map(({ body }) => body)).toEqual(world.server.reports.map(({ body }) => body));
    for (const [i, { url, headers, json }] of previewed.entries()) {
      expect(json.trim()).toBe(world.server.reports[i]?.text.trim());
      expect(url).toBe("https://edge.test/v1/use-cases/messaging/reports");
      expect({ ...headers, "dit-credential": "" }).toEqual({
        ...world.server.reports[i]?.headers,
        "dit-credential": "",
      });
      expect(headers["dit-credential"]).toBe("redacted");
    }
    await client.close();
  });

  it("shows a report that waits for a retry as it will be repeated, and what comes after it", async () => {
    const world = createWorld();
    let answers = 0;
    world.server.intercept = ({ path }) =>
      path.endsWith("/reports") && answers++ === 0 ? problem("overloaded") : undefined;
    const client = world.start();
    client.log("app_opened");
    await client.flush();
    client.log("message_delivered");
    const previewed = await client.preview();
    await world.advance(60 * 60_000);
    expect(previewed.map(({ body }) => body)).toEqual(world.server.reports.slice(1).map(({ body }) => body));
    expect(previewed[0]?.json).toBe(world.server.reports[0]?.text);
    await client.close();
  });

  it("and the report leave out the fields that are blocked, once the keys were fetched", async () => {
    const world = createWorld();
    world.server.document = {
      ...world.server.document,
      blockedFields: { message_delivered: ["note", "constructor"] },
    };
    const client = world.start();
    client.log("app_opened");
    await client.flush();
    client.log("message_delivered", { latency_ms: 5, note: "x" });
    client.log("app_opened", { cold: true });
    const [previewed] = await client.preview();
    await client.flush();
    const { events } = JSON.parse(world.server.reports.at(-1)?.text ?? "{}");
    expect(events.map(({ fields }: { fields: unknown }) => fields)).toEqual([
      { latency_ms: 5 },
      { cold: true },
    ]);
    expect(previewed?.json.trim()).toBe(world.server.reports.at(-1)?.text.trim());
    await client.close();
  });

  it("uses no token up and needs none", async () => {
    const world = createWorld();
    const client = world.start();
    client.log("app_opened");
    const [report] = await client.preview();
    expect(JSON.parse(gunzipSync(report?.body ?? new Uint8Array()).toString())).toEqual(
      JSON.parse(report?.json ?? ""),
    );
    await client.close();
  });
});
