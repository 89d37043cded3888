import type { ServerResponse } from "node:http";
import { PROBLEMS, type ProblemCode, problemDocument } from "@dit/protocol";
import { describe, expect, test } from "vitest";
import type { StartEdge } from "./edge-under-test.ts";
import { codeOf, rigs } from "./rig.ts";
import { problem } from "./upstream-stub.ts";

/** What an answer may have: the edge's own words, and those of HTTP and its server. */
const OF_ANSWERS = [
  "access-control-allow-origin",
  "access-control-expose-headers",
  "cache-control",
  "connection",
  "content-length",
  "content-type",
  "date",
  "keep-alive",
  "server",
  "transfer-encoding",
];

/** What ingest may tell a client. */
const PASSED_ON = [
  "malformed_request",
  "credential_invalid",
  "use_case_unavailable",
  "use_case_disabled",
  "epoch_expired",
  "token_exhausted",
  "payload_too_large",
  "unsupported_media_type",
  "report_invalid",
  "internal_error",
  "dependency_unavailable",
  "overloaded",
] as const satisfies readonly ProblemCode[];
const KEPT_BACK = (Object.keys(PROBLEMS) as ProblemCode[]).filter(
  (code) => !PASSED_ON.some((passed) => passed === code),
);

export function describeAnswers(startEdge: StartEdge): void {
  const start = rigs(startEdge);

  describe("ingest's answer", () => {
    test("is passed on as a refusal written anew: code, lines of problems, Retry-After", async () => {
      const rig = await start();
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
      expect([...response.headers.keys()].filter((name) => !OF_ANSWERS.includes(name))).toEqual([]);
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      expect(response.headers.get("cache-control")).toBe("no-store");
    });

    test("keeps its Retry-After where the client is to retry", async () => {
      const rig = await start();
      rig.upstream.answer = problem("dependency_unavailable", 503, { headers: { "retry-after": "17" } });
      const response = await rig.send();
      expect([response.status, response.headers.get("retry-after")]).toEqual([503, "17"]);
    });

    test.each(PASSED_ON)("of %s is told with the registry's words, and when to come back", async (code) => {
      const rig = await start();
      rig.upstream.answer = problem(code, PROBLEMS[code].status);
      const response = await rig.send();
      expect(response.status).toBe(PROBLEMS[code].status);
      expect(await response.json()).toEqual(problemDocument(code));
      expect(response.headers.has("retry-after")).toBe(PROBLEMS[code].action === "retry");
    });

    test.each(KEPT_BACK)("of %s is not told: no client can do anything about it", async (code) => {
      const rig = await start();
      rig.upstream.answer = problem(code, PROBLEMS[code].status);
      const response = await rig.send();
      expect([response.status, await codeOf(response)]).toEqual([502, "upstream_unavailable"]);
    });

    test("of 202 is 202 and nothing else", async () => {
      const rig = await start();
      rig.upstream.answer = (_, response) =>
        response.writeHead(202, { "x-report-id": "alice", etag: "alice" }).end("alice");
      const response = await rig.send();
      expect([response.status, await response.text()]).toEqual([202, ""]);
      expect(JSON.stringify([...response.headers])).not.toContain("alice");
      expect([...response.headers.keys()].filter((name) => !OF_ANSWERS.includes(name))).toEqual([]);
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
      [
        "success of another kind",
        (_: unknown, response: ServerResponse) => response.writeHead(200).end("ok"),
      ],
      ["a document that is too long", problem("report_invalid", 422, { body: { more: "x".repeat(9_000) } })],
    ])("is no reason to drop a report: %s", async (_, answer) => {
      const rig = await start();
      rig.upstream.answer = answer;
      const response = await rig.send();
      expect([response.status, await codeOf(response)]).toEqual([502, "upstream_unavailable"]);
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    });

    test("that does not come is a timeout to try again after", async () => {
      const rig = await start({ upstreamTimeoutMs: 50 });
      rig.upstream.answer = () => undefined;
      const response = await rig.send();
      expect([response.status, await codeOf(response)]).toEqual([504, "upstream_timeout"]);
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    });

    test("is missing while ingest is down, and back when it is", async () => {
      const rig = await start();
      await rig.send();
      await rig.upstream.close();
      const response = await rig.send();
      expect([response.status, await codeOf(response)]).toEqual([502, "upstream_unavailable"]);
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
      const ready = await fetch(`${rig.edge.adminUrl}/readyz`);
      expect(await ready.json()).toMatchObject({
        ready: false,
        dependencies: { ingest: { ok: false, reason: expect.any(String) } },
      });
    });
  });

  describe("a page in a browser", () => {
    test("may ask whether it may send, and reads refusals too", async () => {
      const rig = await start();
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
}
