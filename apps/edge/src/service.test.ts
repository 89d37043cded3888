import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { LIMITS, ROUTES } from "@dit/protocol";
import { describe, expect, test } from "vitest";
import {
  BODY,
  CREDENTIAL,
  codeOf,
  EDGE_SECRET,
  PATH,
  PROTOCOL_HEADERS,
  rawRequest,
  startRig,
} from "../test/rig.ts";
import { problem } from "../test/upstream-stub.ts";

/** Everything that undici and HTTP/1.1 itself need, and the protocol's own: what may reach ingest. */
const ALLOWED = [
  "host",
  "connection",
  "content-length",
  "content-type",
  "content-encoding",
  "dit-credential",
  "dit-edge",
];

const IDENTIFYING = [
  "X-Forwarded-For: 203.0.113.7",
  "x-forwarded-for: 203.0.113.8",
  "X-FORWARDED-HOST: phone.example",
  "Forwarded: for=203.0.113.7",
  "X-Real-IP: 203.0.113.7",
  "CF-Connecting-IP: 203.0.113.7",
  "True-Client-IP: 203.0.113.7",
  "Via: 1.1 203.0.113.7",
  "User-Agent: Phone/7 (203.0.113.7)",
  "Accept-Language: de-AT",
  'Sec-CH-UA: "Phone";v="7"',
  'SEC-ch-UA-Model: "Phone 7"',
  "Cookie: account=alice",
  "cookie: account=alice2",
  "Authorization: Bearer alice",
  "Proxy-Authorization: Basic YWxpY2U=",
  "Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  "Baggage: account=alice",
  "Referer: https://app.example/alice",
  "Origin: https://alice.example",
  "DIT-Edge: alice-says-so",
  "dit-account: alice",
  'If-None-Match: "alice"',
  "Keep-Alive: timeout=77",
  "TE: trailers",
];

describe("what reaches ingest", () => {
  test("is the allow-list and the body, whatever else a client sends, in any case and any number", async () => {
    const rig = await startRig();
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
    const rig = await startRig();
    const body = Uint8Array.from(gzipSync(BODY));
    expect((await rig.send({ body, headers: { "content-encoding": "gzip" } })).status).toBe(202);
    const [received] = rig.upstream.received;
    expect(received?.body.equals(body)).toBe(true);
    expect(received?.rawHeaders).toContain("content-encoding");
  });

  test.each([
    ["an absolute target", `http://127.0.0.1:1${PATH}`, PATH],
    ["a query", `${PATH}?account=alice#fragment`, PATH],
    ["dot segments", "/v1/use-cases/x/../app_usage/reports", PATH],
  ])("goes to the one upstream and its own path: %s", async (_, target, expected) => {
    const rig = await startRig();
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
    const rig = await startRig();
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
    const rig = await startRig();
    expect(await rig.raw(rawRequest(headers))).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(rig.upstream.received).toEqual([]);
  });
});

describe("a body", () => {
  test("that is too large is refused before it has come: declared", async () => {
    const rig = await startRig();
    const length = LIMITS.maxReportBodyBytes + 1;
    const answer = await rig.raw(
      rawRequest(PROTOCOL_HEADERS).replace(/Content-Length: \d+/, `Content-Length: ${length}`),
    );
    expect(answer).toMatch(/^HTTP\/1.1 413 .*"code":"payload_too_large"/s);
    expect(rig.upstream.received).toEqual([]);
  });

  test("that is too large is refused before it has come: chunked", async () => {
    const rig = await startRig();
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
    const rig = await startRig();
    expect((await rig.send({ body: new Uint8Array(LIMITS.maxReportBodyBytes) })).status).toBe(202);
    expect(rig.upstream.received[0]?.body.length).toBe(LIMITS.maxReportBodyBytes);
  });

  test("that trickles in keeps nobody else out, and is refused when its time is up", async () => {
    const rig = await startRig({ bodyTimeoutMs: 100, maxInFlightRequests: 1 });
    const slow = rig.raw(rawRequest(PROTOCOL_HEADERS).slice(0, -10));
    expect((await rig.send()).status).toBe(202);
    expect(await slow).toMatch(/^HTTP\/1.1 408 .*"code":"request_timeout"/s);
    expect(rig.upstream.received).toHaveLength(1);
  });

  test("that two headers give different lengths is nothing", async () => {
    const rig = await startRig();
    const answer = await rig.raw(rawRequest([...PROTOCOL_HEADERS, "Transfer-Encoding: chunked"]));
    expect(answer).toMatch(/^HTTP\/1.1 400 .*"code":"malformed_request"/s);
    expect(rig.upstream.received).toEqual([]);
  });
});

describe("ingest's answer", () => {
  test("is passed on as a refusal written anew: code, lines of problems, Retry-After", async () => {
    const rig = await startRig();
    rig.upstream.answer = problem("report_invalid", 422, {
      headers: { "set-cookie": "id=alice", "x-served-by": "ingest-7", "retry-after": "7" },
      body: { problems: ["events: expected an array"], instance: "/alice", reportId: "alice" },
    });
    const response = await rig.send();
    expect(response.status).toBe(422);
    expect(await response.json()).toEqual({
      type: "urn:dit:problem:report_invalid",
      title: "The report does not match its use case",
      status: 422,
      code: "report_invalid",
      problems: ["events: expected an array"],
    });
    expect([...response.headers.keys()].sort()).toEqual([
      "access-control-allow-origin",
      "access-control-expose-headers",
      "cache-control",
      "connection",
      "content-length",
      "content-type",
      "date",
      "keep-alive",
    ]);
  });

  test("keeps its Retry-After where the client is to retry", async () => {
    const rig = await startRig();
    rig.upstream.answer = problem("dependency_unavailable", 503, { headers: { "retry-after": "17" } });
    const response = await rig.send();
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "17"]);
  });

  test("of 202 is 202 and nothing else", async () => {
    const rig = await startRig();
    rig.upstream.answer = (_, response) =>
      response.writeHead(202, { "x-report-id": "alice", etag: "alice" }).end("alice");
    const response = await rig.send();
    expect([response.status, await response.text()]).toEqual([202, ""]);
    expect(JSON.stringify([...response.headers])).not.toContain("alice");
  });

  test.each([
    ["its refusal of the edge itself", problem("edge_required", 403)],
    ["its refusal of the path", problem("not_found", 404)],
    ["a code with another status than its own", problem("report_invalid", 401)],
    ["a code that does not exist", problem("teapot", 418)],
    [
      "a page",
      (_: unknown, response: ServerResponse) =>
        response.writeHead(403, { "content-type": "text/html" }).end("<p>"),
    ],
    [
      "a redirect",
      (_: unknown, response: ServerResponse) =>
        response.writeHead(307, { location: "http://127.0.0.1:1/" }).end(),
    ],
    ["success of another kind", (_: unknown, response: ServerResponse) => response.writeHead(200).end("ok")],
    ["a document that is too long", problem("report_invalid", 422, { body: { more: "x".repeat(9_000) } })],
  ])("is no reason to drop a report: %s", async (_, answer) => {
    const rig = await startRig();
    rig.upstream.answer = answer;
    const response = await rig.send();
    expect([response.status, await codeOf(response)]).toEqual([502, "upstream_unavailable"]);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  test("that does not come is a timeout to try again after", async () => {
    const rig = await startRig({ upstreamTimeoutMs: 50 });
    rig.upstream.answer = () => undefined;
    const response = await rig.send();
    expect([response.status, await codeOf(response)]).toEqual([504, "upstream_timeout"]);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  test("is missing while ingest is down, and back when it is", async () => {
    const rig = await startRig();
    await rig.send();
    await rig.upstream.close();
    const response = await rig.send();
    expect([response.status, await codeOf(response)]).toEqual([502, "upstream_unavailable"]);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    const ready = await fetch(`${rig.edge.adminUrl}/readyz`);
    expect(await ready.json()).toMatchObject({
      ready: false,
      dependencies: { ingest: { ok: false, reason: "ECONNREFUSED" } },
    });
  });
});

describe("limits", () => {
  test("one address gets its burst, then its rate, and is told when to come back", async () => {
    const rig = await startRig({ ratePerSecond: 1, rateBurst: 2 });
    expect((await rig.send()).status).toBe(202);
    expect((await rig.send({ headers: { "x-forwarded-for": "198.51.100.1" } })).status).toBe(202);
    const refused = await rig.send({ headers: { "x-forwarded-for": "198.51.100.2" } });
    expect([refused.status, await codeOf(refused), refused.headers.get("retry-after")]).toEqual([
      429,
      "rate_limited",
      "1",
    ]);
    rig.clock.advance(1000);
    expect((await rig.send()).status).toBe(202);
    expect(rig.upstream.received).toHaveLength(3);
    expect(await rig.metrics.value("http_problems_total", { code: "rate_limited" })).toBe(1);
  });

  test("more requests at once than there is room for are refused, the others are served", async () => {
    const rig = await startRig({ maxInFlightRequests: 1 });
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
    const rig = await startRig({ maxHeaderBytes: 2048 });
    expect(await rig.raw(rawRequest([...PROTOCOL_HEADERS, `X-Large: ${"x".repeat(4096)}`]))).toMatch(
      /^HTTP\/1.1 431 /,
    );
    expect(rig.upstream.received).toEqual([]);
  });
});

test("stopping lets a request that runs finish", async () => {
  const rig = await startRig();
  const held = Promise.withResolvers<() => void>();
  rig.upstream.answer = (_, response) => held.resolve(() => response.writeHead(202).end());
  const request = rig.send();
  const release = await held.promise;
  const stopped = rig.edge.stop();
  await expect(rig.send()).rejects.toThrow();
  release();
  expect((await request).status).toBe(202);
  await stopped;
});

test("neither metrics nor log tell anything of a client", async () => {
  const rig = await startRig({ ratePerSecond: 1, rateBurst: 3 });
  await rig.raw(rawRequest([...PROTOCOL_HEADERS, ...IDENTIFYING]));
  await rig.raw(rawRequest(IDENTIFYING));
  await rig.upstream.close();
  await rig.send();
  await rig.send();
  const told = [await rig.metrics.text(), ...rig.logLines].join("\n");
  expect(told).toContain("rate_limited");
  for (const trace of ["127.0.0.1", "203.0.113", "alice", "Phone", CREDENTIAL.slice(12, 40), EDGE_SECRET]) {
    expect(told).not.toContain(trace);
  }
});

test("a connection that never sends its headers is closed", async () => {
  const rig = await startRig({ headersTimeoutMs: 50, requestTimeoutMs: 100 });
  const socket = connect({ host: "127.0.0.1", port: Number(new URL(rig.edge.url ?? "").port) });
  socket.write("POST / HTTP/1.1\r\nHost:");
  socket.resume();
  await once(socket, "close");
});

describe("a page in a browser", () => {
  test("may ask whether it may send, and reads refusals too", async () => {
    const rig = await startRig();
    const preflight = await rig.send({
      method: "OPTIONS",
      headers: {
        origin: "https://app.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,content-encoding,dit-credential",
      },
    });
    expect(preflight.status).toBe(204);
    const allowed = preflight.headers.get("access-control-allow-headers")?.split(",");
    expect(allowed).toEqual(["content-type", "content-encoding", "dit-credential"]);
    expect(preflight.headers.get("access-control-allow-credentials")).toBeNull();
    const refused = await rig.send({
      headers: { origin: "https://app.example", "content-type": "text/plain" },
    });
    expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([415, "*"]);
    expect(rig.upstream.received).toEqual([]);
  });
});
