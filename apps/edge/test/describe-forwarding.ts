import { gzipSync } from "node:zlib";
import { LIMITS, ROUTES } from "@dit/protocol";
import { describe, expect, test } from "vitest";
import type { StartEdge } from "./edge-under-test.ts";
import { IDENTIFYING } from "./identifying-headers.ts";
import { BODY, CREDENTIAL, EDGE_SECRET, PATH, PROTOCOL_HEADERS, rawRequest, rigs } from "./rig.ts";

/** Everything that HTTP/1.1 itself and its libraries need, and the protocol's own: what may reach ingest. */
const ALLOWED = [
  "host",
  "connection",
  "content-length",
  "content-type",
  "content-encoding",
  "dit-credential",
  "dit-edge",
];

export function describeForwarding(startEdge: StartEdge): void {
  const start = rigs(startEdge);

  describe("what reaches ingest", () => {
    test("is the allow-list and the body, whatever else a client sends, in any case and any number", async () => {
      const rig = await start();
      const answer = await rig.raw(rawRequest([...PROTOCOL_HEADERS, ...IDENTIFYING]));
      expect(answer).toMatch(/^HTTP\/1.1 202 /);
      const [received] = rig.upstream.received;
      const names =
        received?.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()) ?? [];
      expect(names.filter((name) => !ALLOWED.includes(name))).toEqual([]);
      expect(new Set(names).size).toBe(names.length);
      const bytes = JSON.stringify(received?.rawHeaders).toLowerCase();
      for (const trace of ["alice", "203.0.113", "phone", "de-at", "edge.example", "0af7651916"])
        expect(bytes).not.toContain(trace);
      expect(received?.body.toString()).toBe(BODY);
      const value = (name: string) => received?.rawHeaders[2 * names.indexOf(name) + 1];
      expect(value("dit-edge")).toBe(EDGE_SECRET);
      expect(value("dit-credential")).toBe(CREDENTIAL);
    });

    test("is byte for byte the body that was sent, with its encoding", async () => {
      const rig = await start();
      const body = Uint8Array.from(gzipSync(BODY));
      expect((await rig.send({ body, headers: { "content-encoding": "gzip" } })).status).toBe(202);
      const [received] = rig.upstream.received;
      expect(received?.body.equals(body)).toBe(true);
      expect(received?.rawHeaders.map((each) => each.toLowerCase())).toContain("content-encoding");
    });

    test.each([
      ["an absolute target", `http://127.0.0.1:1${PATH}`, PATH],
      ["a query", `${PATH}?account=alice#fragment`, PATH],
      ["dot segments", "/v1/use-cases/x/../app_usage/reports", PATH],
    ])("goes to the one upstream and its own path: %s", async (_, target, expected) => {
      const rig = await start();
      await rig.raw(rawRequest(PROTOCOL_HEADERS, BODY, target));
      expect(rig.upstream.received.map((each) => each.target)).toEqual(
        [expected].slice(0, rig.upstream.received.length),
      );
    });

    test.each([
      ["another path", "/v1/use-cases", "POST", 404],
      ["the service channel", ROUTES.redeem, "POST", 404],
      ["an id outside the alphabet", ROUTES.reports("App-Usage"), "POST", 404],
      ["an encoded id", ROUTES.reports("app%2fusage"), "POST", 404],
      ["another method", PATH, "GET", 405],
      ["another method with a body", PATH, "PUT", 405],
    ])("is nothing for %s", async (_, path, method, status) => {
      const rig = await start();
      expect((await rig.send({ path, method })).status).toBe(status);
      expect(rig.upstream.received).toEqual([]);
    });

    test.each([
      ["no content type", [`DIT-Credential: ${CREDENTIAL}`], 415],
      [
        "a parameter in the content type",
        ["Content-Type: application/json; charset=alice", `DIT-Credential: ${CREDENTIAL}`],
        415,
      ],
      ["two content types", [...PROTOCOL_HEADERS, "content-TYPE: application/json"], 415],
      ["an unknown encoding", [...PROTOCOL_HEADERS, "Content-Encoding: br"], 415],
      ["two encodings", [...PROTOCOL_HEADERS, "Content-Encoding: gzip", "content-encoding: gzip"], 415],
      ["no credential", ["Content-Type: application/json"], 401],
      ["two credentials", [...PROTOCOL_HEADERS, `dit-CREDENTIAL: ${CREDENTIAL}`], 401],
      [
        "a credential with something after it",
        ["Content-Type: application/json", `DIT-Credential: ${CREDENTIAL}.alice`],
        401,
      ],
      [
        "a credential in another spelling",
        ["Content-Type: application/json", `DIT-Credential: ${CREDENTIAL}=`],
        401,
      ],
    ])("is nothing for %s", async (_, headers, status) => {
      const rig = await start();
      expect(await rig.raw(rawRequest(headers))).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(rig.upstream.received).toEqual([]);
    });
  });

  describe("a body", () => {
    test("that is too large is refused before it has come: declared", async () => {
      const rig = await start();
      const length = LIMITS.maxReportBodyBytes + 1;
      const answer = await rig.raw(
        rawRequest(PROTOCOL_HEADERS).replace(/Content-Length: \d+/, `Content-Length: ${length}`),
      );
      expect(answer).toMatch(/^HTTP\/1.1 413 .*"code":"payload_too_large"/s);
      expect(rig.upstream.received).toEqual([]);
    });

    test("that is too large is refused before it has come: chunked", async () => {
      const rig = await start();
      const chunk = Buffer.alloc(16 * 1024, 120);
      const head = [
        "POST",
        PATH,
        "HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n",
      ].join(" ");
      const chunks = Array.from({ length: 5 }, () => [
        `${chunk.length.toString(16)}\r\n`,
        chunk,
        "\r\n",
      ]).flat();
      // It never ends: only a refusal on the way can answer it.
      const answer = await rig.raw(`${head}${PROTOCOL_HEADERS.join("\r\n")}\r\n\r\n`, ...chunks);
      expect(answer).toMatch(/^HTTP\/1.1 413 /);
      expect(rig.upstream.received).toEqual([]);
    });

    test("of the largest size passes", async () => {
      const rig = await start();
      expect((await rig.send({ body: new Uint8Array(LIMITS.maxReportBodyBytes) })).status).toBe(202);
      expect(rig.upstream.received[0]?.body.length).toBe(LIMITS.maxReportBodyBytes);
    });

    test("that trickles in keeps nobody else out, and is refused when its time is up", async () => {
      const rig = await start({ bodyTimeoutMs: 100, maxInFlightRequests: 1 });
      const slow = rig.raw(rawRequest(PROTOCOL_HEADERS).slice(0, -10));
      expect((await rig.send()).status).toBe(202);
      // Whoever gets no answer sends the same again.
      expect(await slow).toMatch(/^$|^HTTP\/1.1 408 .*"code":"request_timeout"/s);
      expect(rig.upstream.received).toHaveLength(1);
    });

    test("that two headers give different lengths is nothing", async () => {
      const rig = await start();
      const answer = await rig.raw(rawRequest([...PROTOCOL_HEADERS, "Transfer-Encoding: chunked"]));
      expect(answer).toMatch(/^HTTP\/1.1 400 .*"code":"malformed_request"/s);
      expect(rig.upstream.received).toEqual([]);
    });
  });
}
