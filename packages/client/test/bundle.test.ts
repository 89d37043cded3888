import { createContext, runInContext } from "node:vm";
import { transform } from "esbuild";
import { describe, expect, it } from "vitest";
import { bundleBrowser } from "../scripts/bundle.ts";
import { ACS_URL, createServer, EDGE_URL } from "./testing/server.ts";
import { ENVIRONMENT, messaging } from "./testing/use-case.ts";

const MAX_GZIP_BYTES = 26_000;
const bundle = await bundleBrowser("index.ts");

describe("the browser bundle", () => {
  it("is small", () => {
    expect(bundle.gzipBytes).toBeLessThanOrEqual(MAX_GZIP_BYTES);
  });

  it("holds no zod, and nothing of the server's or Node's", () => {
    expect(bundle.inputs.filter((path) => /zod|libsodium|schemas|platform\/node/.test(path))).toEqual([]);
    expect(bundle.inputs.some((path) => path.includes("noble"))).toBe(true);
    expect(new TextDecoder().decode(bundle.code)).not.toMatch(/node:|\brequire\(|\bprocess\./);
  });

  it("works with the web's globals alone, end to end", async () => {
    const server = createServer(Date.now);
    server.document = { ...server.document, keys: [server.key(1, -19_000, 100_000)] };
    const web = {
      AbortController,
      CompressionStream,
      crypto,
      Response,
      setTimeout,
      clearTimeout,
      TextDecoder,
      TextEncoder,
      fetch: server.fetch,
    };
    const { code } = await transform(new TextDecoder().decode(bundle.code), {
      format: "iife",
      globalName: "dit",
    });
    const context = createContext(web);
    runInContext(code, context);
    expect(runInContext("typeof process + typeof Buffer + typeof require", context)).toBe(
      "undefined".repeat(3),
    );
    const { createClient } = runInContext("dit", context) as typeof import("../src/index.ts");
    const client = createClient({
      useCase: messaging,
      environment: ENVIRONMENT,
      acsUrl: ACS_URL,
      edgeUrl: EDGE_URL,
      pinnedKeys: server.document.keys,
      account: async () => "access-token",
      consent: true,
      timing: { minTokenAgeMs: 0 },
    });
    client.log("message_delivered", { latency_ms: 5, network: "cell" });
    const [preview] = await client.preview();
    await client.flush();
    const [report] = server.reports;
    expect(report).toMatchObject({
      isGenuine: true,
      events: [{ fields: { latency_ms: 5, network: "cell" } }],
    });
    expect(report?.headers["content-encoding"]).toBe("gzip");
    expect([...(preview?.body ?? [])]).toEqual([...(report?.body ?? [])]);
    expect(Object.values(client.losses()).every((count) => count === 0)).toBe(true);
    await client.close();
  });
});
