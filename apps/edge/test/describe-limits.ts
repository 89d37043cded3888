import { connect } from "node:net";
import { describe, expect, test, vi } from "vitest";
import type { StartEdge } from "./edge-under-test.ts";
import { IDENTIFYING } from "./identifying-headers.ts";
import { CREDENTIAL, codeOf, EDGE_SECRET, PROTOCOL_HEADERS, rawRequest, rigs } from "./rig.ts";

export function describeLimits(startEdge: StartEdge): void {
  const start = rigs(startEdge);

  describe("limits", () => {
    test("one address gets its burst, then its rate, and is told when to come back", async () => {
      const rig = await start({ ratePerSecond: 1, rateBurst: 2 });
      expect((await rig.send()).status).toBe(202);
      expect((await rig.send({ headers: { "x-forwarded-for": "198.51.100.1" } })).status).toBe(202);
      const refused = await rig.send({ headers: { "x-forwarded-for": "198.51.100.2" } });
      expect([refused.status, await codeOf(refused), refused.headers.get("retry-after")]).toEqual([
        429,
        "rate_limited",
        "1",
      ]);
      await rig.edge.pass(1000);
      expect((await rig.send()).status).toBe(202);
      expect(rig.upstream.received).toHaveLength(3);
    });

    test("more requests at once than there is room for are refused, the others are served", async () => {
      const rig = await start({ maxInFlightRequests: 1 });
      const held = Promise.withResolvers<() => void>();
      rig.upstream.answer = (_, response) => held.resolve(() => response.writeHead(202).end());
      const first = rig.send();
      const release = await held.promise;
      const second = await rig.send();
      expect([second.status, await codeOf(second), second.headers.get("retry-after")]).toEqual([
        503,
        "overloaded",
        "1",
      ]);
      release();
      expect((await first).status).toBe(202);
    });

    test("headers beyond their limit are refused", async () => {
      const rig = await start({ maxHeaderBytes: 2048 });
      expect(await rig.raw(rawRequest([...PROTOCOL_HEADERS, `X-Large: ${"x".repeat(4096)}`]))).toMatch(
        /^HTTP\/1.1 431 /,
      );
      expect(rig.upstream.received).toEqual([]);
    });
  });

  test("stopping lets a request that runs finish", async () => {
    const rig = await start();
    const held = Promise.withResolvers<() => void>();
    rig.upstream.answer = (_, response) => held.resolve(() => response.writeHead(202).end());
    const request = rig.send();
    const release = await held.promise;
    const stopped = rig.edge.stop();
    await vi.waitFor(() => expect(rig.send({ method: "GET" })).rejects.toThrow(), { timeout: 20_000 });
    release();
    expect((await request).status).toBe(202);
    await stopped;
  });

  test("neither metrics nor log nor any file tells anything of a client", async () => {
    const rig = await start({ ratePerSecond: 1, rateBurst: 3 });
    await rig.raw(rawRequest([...PROTOCOL_HEADERS, ...IDENTIFYING]));
    await rig.raw(rawRequest(IDENTIFYING));
    await rig.upstream.close();
    await rig.send();
    await rig.send();
    const told = await rig.edge.told();
    expect(told).toContain("dit_edge_");
    for (const trace of ["127.0.0.1", "203.0.113", "alice", "Phone", CREDENTIAL.slice(12, 40), EDGE_SECRET]) {
      expect(told).not.toContain(trace);
    }
  });

  test("a connection that never sends its headers is closed", async () => {
    const rig = await start({ headersTimeoutMs: 50, requestTimeoutMs: 100 });
    const socket = connect({ host: "127.0.0.1", port: Number(new URL(rig.edge.url).port) });
    socket.write("POST / HTTP/1.1\r\nHost:");
    socket.resume();
    // Ended or reset.
    socket.on("error", () => undefined);
    await new Promise((resolve) => socket.once("close", resolve));
  });
}
