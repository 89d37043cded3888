import { connect } from "node:net";
import { CREDENTIAL_HEADER, EDGE_SECRET_HEADER, ROUTES } from "@dit/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { freshCredential } from "./support/account-client.ts";
import { type Deployment, startDeployment } from "./support/deployment.ts";
import { type Recorder, startRecorder } from "./support/recorder.ts";
import { reportBody, type SignedReport, signReport, useOnce } from "./support/reports.ts";
import type { StartEdge } from "./support/start-edge.ts";
import { EDGE_SECRET } from "./support/start-ingest.ts";
import { post } from "./support/wire.ts";

/** Everything that leaves the edge with a report, and what may. */
const EXPECTED = [
  "content-encoding",
  "content-length",
  "content-type",
  CREDENTIAL_HEADER,
  EDGE_SECRET_HEADER,
  "host",
].sort();
const ALLOWED = [...EXPECTED, "connection"];
const PATH = ROUTES.reports("messaging");
/** In every header that a client is identified by: no byte of it may be found behind the edge. */
const MARK = "203-0-113-77-mallory";

/** What an attacker tries at any edge, and past it. */
export function describeEdgeAttacks(startEdge: StartEdge): void {
  let deployment: Deployment;
  /** Before each ingest; the raw requests go to the second edge. */
  const recorders: Recorder[] = [];
  let recorder: Recorder;
  let report: SignedReport;
  let number = 0;

  beforeAll(async () => {
    deployment = await startDeployment({
      startEdge,
      between: async (ingestUrl) => {
        recorder = await startRecorder(ingestUrl);
        recorders.push(recorder);
        return recorder.url;
      },
    });
  });
  afterAll(async () => {
    await deployment.stop();
    for (const each of recorders) await each.close();
  });
  beforeEach(async () => {
    recorder.requests.length = 0;
    const credential = await freshCredential(deployment);
    report = signReport(deployment, credential, reportBody(deployment, ++number), { gzip: true });
  });

  /** Writes a request to an edge's socket as it is spelt here, and reads until the edge closes. */
  function sendRaw(lines: readonly string[], target = PATH, host = "Host: edge.example"): Promise<string> {
    const { port } = new URL(deployment.edgeUrls[1]);
    const own = Object.entries(report.headers).map(([name, value]) => `${name}: ${value}`);
    const head = [
      `POST ${target} HTTP/1.1`,
      host,
      "Connection: close",
      ...own,
      ...lines,
      `Content-Length: ${report.body.length}`,
    ];
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port: Number(port) });
      let answer = "";
      socket.on("data", (chunk) => {
        answer += chunk.toString("latin1");
      });
      socket.on("error", reject);
      socket.on("close", () => resolve(answer));
      socket.write(`${head.join("\r\n")}\r\n\r\n`);
      socket.write(report.body);
    });
  }

  function namesOf(rawHeaders: readonly string[]): string[] {
    return rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  }

  function expectOnlyAllowed(): void {
    const [passed, second] = recorder.requests;
    expect(second).toBeUndefined();
    const names = namesOf(passed?.rawHeaders ?? []);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !ALLOWED.includes(name))).toEqual([]);
    expect(EXPECTED.filter((name) => !names.includes(name))).toEqual([]);
    const everything = JSON.stringify(passed) + (passed?.body.toString("latin1") ?? "");
    expect(everything).not.toContain(MARK);
    expect([passed?.method, passed?.target]).toEqual(["POST", PATH]);
    expect(passed?.body).toEqual(Buffer.from(report.body));
  }

  describe("what identifies a client and does not pass the edge", () => {
    const HEADERS: readonly (readonly [name: string, lines: readonly string[]])[] = [
      ["X-Forwarded-For", [`X-Forwarded-For: ${MARK}`]],
      ["X-Forwarded-For twice, in odd case", [`x-fOrWaRdEd-FoR: ${MARK}`, `X-FORWARDED-FOR: ${MARK}, ::1`]],
      ["Forwarded", [`Forwarded: for="${MARK}";proto=https`]],
      ["X-Real-IP", [`X-Real-IP: ${MARK}`]],
      ["CF-Connecting-IP", [`CF-Connecting-IP: ${MARK}`]],
      ["True-Client-IP", [`True-Client-IP: ${MARK}`]],
      ["Via", [`Via: 1.1 ${MARK}`]],
      [
        "client hints",
        [`Sec-CH-UA: "${MARK}"`, `Sec-CH-UA-Model: "${MARK}"`, `Sec-CH-UA-Full-Version-List: "${MARK}"`],
      ],
      ["User-Agent", [`User-Agent: ${MARK}`]],
      ["Accept-Language", [`Accept-Language: ${MARK}`]],
      ["Cookie", [`Cookie: session=${MARK}`, `cookie: other=${MARK}`]],
      ["Authorization", [`Authorization: Bearer ${MARK}`, `Proxy-Authorization: Basic ${MARK}`]],
      ["Origin and Referer", [`Origin: https://${MARK}.example`, `Referer: https://${MARK}.example/`]],
      [
        "traces",
        [
          `traceparent: 00-${MARK}-01`,
          `tracestate: a=${MARK}`,
          `baggage: user=${MARK}`,
          `X-Request-Id: ${MARK}`,
        ],
      ],
      ["an unknown header", [`X-${MARK}: ${MARK}`, `DIT-Account: ${MARK}`]],
      ["headers named for one hop", [`Keep-Alive: ${MARK}`, `TE: trailers`, `Upgrade-Insecure-Requests: 1`]],
    ];
    it.each(HEADERS)("%s", async (_, lines) => {
      expect(await sendRaw(lines)).toMatch(/^HTTP\/1\.1 202 /);
      expectOnlyAllowed();
    });

    it("all of them at once", async () => {
      expect(await sendRaw(HEADERS.flatMap(([, lines]) => lines))).toMatch(/^HTTP\/1\.1 202 /);
      expectOnlyAllowed();
    });

    it("a secret of the edge that the client made up", async () => {
      expect(await sendRaw([`${EDGE_SECRET_HEADER}: ${MARK}`])).toMatch(/^HTTP\/1\.1 202 /);
      expectOnlyAllowed();
      expect(recorder.requests[0]?.rawHeaders).toContain(EDGE_SECRET);
    });

    it("a query behind the path", async () => {
      await sendRaw([], `${PATH}?user=${MARK}`);
      for (const { target } of recorder.requests) expect(target).toBe(PATH);
    });

    it("and the record would show it: what is sent to ingest past the edge is found there", async () => {
      const headers = { ...report.headers, "x-forwarded-for": MARK };
      const answer = await post(recorder.url + PATH, report.body, headers);
      expect(answer.status).toBe(403);
      expect(JSON.stringify(recorder.requests)).toContain(MARK);
      const names = namesOf(recorder.requests[0]?.rawHeaders ?? []);
      expect(names.filter((name) => !ALLOWED.includes(name))).not.toEqual([]);
    });
  });

  describe("where a request may go", () => {
    const TARGETS: readonly string[] = [
      `http://evil.example${PATH}`,
      `http://127.0.0.1:1${PATH}`,
      `//evil.example${PATH}`,
      `/v1/use-cases/messaging/../../redemptions`,
      `/v1/use-cases/messaging%2Freports/reports`,
      `/v1/use-cases/%2e%2e/reports`,
      `/v1/redemptions`,
      `/v1/use-cases/messaging/tokens`,
      `${PATH}/../tokens`,
      `/metrics`,
      `http://evil.example/`,
      `*`,
    ];
    it.each(TARGETS)("target %s: to the reports of a use case at ingest, or nowhere", async (target) => {
      const answer = await sendRaw([], target);
      expect(answer).toMatch(/^HTTP\/1\.1 (202|400|403|404|405) /);
      for (const each of recorder.requests) {
        expect(each.target).toMatch(/^\/v1\/use-cases\/[a-z0-9_]{1,40}\/reports$/);
        // The edge's own word for it.
        const host = each.rawHeaders[each.rawHeaders.findIndex((name) => /^host$/i.test(name)) + 1];
        expect(["localhost", new URL(recorder.url).host]).toContain(host);
      }
    });

    it("a host of the client's choice is not passed on", async () => {
      expect(await sendRaw([], PATH, `Host: ${MARK}.example`)).toMatch(/^HTTP\/1\.1 202 /);
      expectOnlyAllowed();
    });
  });

  describe("ingest, reached without passing the edge", () => {
    it.each([
      ["no secret", undefined],
      ["an empty secret", ""],
      ["a wrong secret", "wrong-secret-wrong-secret-wrong-secret"],
      ["a secret cut short", EDGE_SECRET.slice(0, -1)],
      ["a longer secret", `${EDGE_SECRET}x`],
      ["the secret twice", `${EDGE_SECRET}, ${EDGE_SECRET}`],
    ])("with %s: refused by both instances, no use counted", async (_, secret) => {
      const logged = await deployment.reportsInLog();
      const headers = secret === undefined ? {} : { [EDGE_SECRET_HEADER]: secret };
      for (const { url } of deployment.ingests) {
        const answer = await post(url + PATH, report.body, { ...report.headers, ...headers });
        expect([answer.status, answer.code]).toEqual([403, "edge_required"]);
      }
      expect(await deployment.reportsInLog()).toBe(logged);
      expect(await useOnce(deployment, report.credential, "another")).toMatchObject({ uses: 1 });
    });
  });
}
