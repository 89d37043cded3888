import { once } from "node:events";
import { readdir, readFile, rm } from "node:fs/promises";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { LIMITS, PROBLEMS, type ProblemCode, problemDocument } from "@dit/protocol";
import { describe, expect, onTestFinished, test } from "vitest";
import { describeEdge } from "./describe-edge.ts";
import { BODY, CREDENTIAL, codeOf, EDGE_SECRET, PATH, PROTOCOL_HEADERS, rawRequest, rigs } from "./rig.ts";
import { type NginxEdge, startNginxEdge } from "./start-nginx-edge.ts";
import { startUpstream, type UpstreamStub } from "./upstream-stub.ts";

describeEdge(startNginxEdge);

const start = rigs(startNginxEdge);

function startWith(more: Pick<Partial<Parameters<typeof startNginxEdge>[0]>, "listen" | "settings">) {
  return rigs((options) => startNginxEdge({ ...options, ...more }));
}

describe("two ingests", () => {
  async function startTwo(): Promise<{ edge: NginxEdge; ingests: [UpstreamStub, UpstreamStub] }> {
    const ingests: [UpstreamStub, UpstreamStub] = [await startUpstream(), await startUpstream()];
    const edge = await startNginxEdge({
      ingestUrl: ingests[0].url,
      ingestUrls: ingests.map(({ url }) => url),
      edgeSecret: EDGE_SECRET,
      limits: {},
    });
    onTestFinished(() => edge.stop());
    return { edge, ingests };
  }

  async function sendTo({ url }: NginxEdge, count: number): Promise<number[]> {
    const statuses: number[] = [];
    for (let number = 0; number < count; number++) {
      const headers = { "content-type": "application/json", "dit-credential": CREDENTIAL };
      const answer = await fetch(url + PATH, { method: "POST", headers, body: `report ${number}` });
      statuses.push(answer.status);
    }
    return statuses;
  }

  const bodiesOf = ({ received }: UpstreamStub) => received.map(({ body }) => body.toString());

  test("share the reports", async () => {
    const { edge, ingests } = await startTwo();
    expect(new Set(await sendTo(edge, 10))).toEqual(new Set([202]));
    expect(ingests.every(({ received }) => received.length > 0)).toBe(true);
    expect(new Set(ingests.flatMap(bodiesOf)).size).toBe(10);
  });

  test("one takes all, each once, where nothing listens for the other", async () => {
    const { edge, ingests } = await startTwo();
    await ingests[0].close();
    expect(new Set(await sendTo(edge, 10))).toEqual(new Set([202]));
    expect(bodiesOf(ingests[1])).toEqual(Array.from({ length: 10 }, (_, number) => `report ${number}`));
  });

  test("both away is an outage to wait for, whichever way it is told", async () => {
    const { edge, ingests } = await startTwo();
    await Promise.all(ingests.map((ingest) => ingest.close()));
    const statuses = await sendTo(edge, 6);
    expect(statuses[0]).toBe(502);
    expect(statuses.filter((status) => status !== 502 && status !== 503)).toEqual([]);
    expect((await fetch(`${edge.adminUrl}/readyz`)).status).toBe(503);
  });

  test("a report that one has, and does not answer, is not given to the other: its client knows that it asks again", async () => {
    const { edge, ingests } = await startTwo();
    ingests[0].answer = (_, response) => response.destroy();
    const statuses = await sendTo(edge, 10);
    expect(new Set(statuses)).toEqual(new Set([202, 502]));
    const bodies = ingests.flatMap(bodiesOf);
    expect([bodies.length, new Set(bodies).size]).toEqual([10, 10]);
  });
});

describe("a body in many small pieces", () => {
  const head = `POST ${PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n`;
  const inChunks = (size: number, bytes: number) =>
    `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`.repeat(bytes / size);

  test.each([
    ["1,024 of them", LIMITS.maxReportBodyBytes / 1_024, 202],
    ["pieces of a byte", 1, 413],
  ])("passes, or is refused, and never comes to a file: %s", async (_, size, status) => {
    const rig = await start();
    const chunks = inChunks(size, LIMITS.maxReportBodyBytes);
    const before = await readdir(rig.edge.directory, { recursive: true });
    const answer = await rig.raw(`${head}${PROTOCOL_HEADERS.join("\r\n")}\r\n\r\n${chunks}0\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(rig.upstream.received.length).toBe(status === 202 ? 1 : 0);
    expect(await readdir(rig.edge.directory, { recursive: true })).toEqual(before);
  });
});

describe("one address", () => {
  /** Resolves once the edge waits for the body. */
  async function drip({ url }: NginxEdge): Promise<Socket> {
    const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port) });
    onTestFinished(() => void socket.destroy());
    const report = rawRequest([...PROTOCOL_HEADERS, "Expect: 100-continue"]);
    socket.write(report.slice(0, report.indexOf(BODY) + 1));
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 100 /);
    return socket;
  }

  test("has so many requests at once, those that drip included", async () => {
    const rig = await startWith({ settings: { DIT_EDGE_MAX_REQUESTS_PER_ADDRESS: "2" } })();
    const dripping = [await drip(rig.edge), await drip(rig.edge)];
    const refused = await rig.send();
    expect([refused.status, await codeOf(refused)]).toEqual([429, "rate_limited"]);
    dripping[0]?.destroy();
    await expect.poll(async () => (await rig.send()).status).toBe(202);
  });

  test.each([
    ["an IPv4 address", "192.0.2.1", "192.0.2.1", "192.0.2.2"],
    ["an IPv4 address in an IPv6 socket", "::ffff:192.0.2.1", "::ffff:192.0.2.1", "::ffff:192.0.2.2"],
    ["a network of 64 bits", "2001:db8:1:2::1", "2001:db8:1:2:ff::9", "2001:db8:1:3::1"],
  ])("is %s", async (_, address, same, other) => {
    // As a balancer before it would say whom it passes on: no test has such addresses to send from.
    const balanced = "proxy_protocol; set_real_ip_from 127.0.0.1; real_ip_header proxy_protocol";
    const listen = (port: number) => `127.0.0.1:${port} ${balanced}`;
    const rig = await startWith({ listen })({ ratePerSecond: 1, rateBurst: 2 });
    const from = (source: string) => {
      const family = source.includes(":") ? "TCP6" : "TCP4";
      const target = family === "TCP6" ? "::1" : "127.0.0.1";
      return rig.raw(`PROXY ${family} ${source} ${target} 1 2\r\n${rawRequest(PROTOCOL_HEADERS)}`);
    };
    expect(await from(address)).toMatch(/^HTTP\/1.1 202 /);
    expect(await from(same)).toMatch(/^HTTP\/1.1 202 /);
    expect(await from(same)).toMatch(/^HTTP\/1.1 429 /);
    expect(await from(other)).toMatch(/^HTTP\/1.1 202 /);
  });
});

describe("the operator", () => {
  const ask = async ({ adminUrl }: NginxEdge, path: string) => {
    const answer = await fetch(adminUrl + path);
    return { status: answer.status, text: await answer.text() };
  };

  test("is told that it lives, whether it reaches ingest, and how much it does", async () => {
    const rig = await start();
    expect(await ask(rig.edge, "/healthz")).toEqual({ status: 200, text: '{"ok":true}' });
    const ready = '{"ready":true,"dependencies":{"ingest":{"ok":true}}}';
    expect(await ask(rig.edge, "/readyz")).toEqual({ status: 200, text: ready });
    const requestsIn = (text: string) => Number(/^dit_edge_nginx_requests_total (\d+)$/m.exec(text)?.[1]);
    const before = requestsIn((await ask(rig.edge, "/metrics")).text);
    await rig.send();
    const { text } = await ask(rig.edge, "/metrics");
    expect(requestsIn(text)).toBe(before + 2);
    expect(text).toContain('dit_edge_dependency_ready{dependency="ingest"} 1\n');
  });

  test("asks by a name of this machine: a web page whose name is made to mean it gets nothing", async () => {
    const { edge } = await start();
    const statusFor = (host: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const asked = request(`${edge.adminUrl}/metrics`, { headers: { host } }, (answer) => {
          answer.resume().once("end", () => resolve(answer.statusCode));
        });
        asked.on("error", reject).end();
      });
    expect(await Promise.all(["localhost:1", "127.0.0.1", "evil.example"].map(statusFor))).toEqual([
      200, 200, 421,
    ]);
  });

  test("has nothing of the operator's on the clients' port", async () => {
    const rig = await start();
    for (const path of [
      "/metrics",
      "/readyz",
      "/stub-status",
      "/ingest",
      "/ingest-probe",
      "/answers/not_found",
    ]) {
      const answer = await fetch(rig.edge.url + path);
      expect([answer.status, await codeOf(answer)], path).toEqual([404, "not_found"]);
    }
    expect(rig.upstream.received).toEqual([]);
  });
});

describe("nginx", () => {
  test("takes the configuration as it ships, and no other file where temporary ones would go", async () => {
    const { edge } = await start();
    expect(await edge.nginx.check()).toContain("syntax is ok");
    await rm(join(edge.directory, "no-temp-files"));
    await expect(edge.nginx.check()).rejects.toThrow("no-temp-files");
  });

  test("runs as nobody where it could run as root", async () => {
    const { edge } = await start();
    const status = await readFile(`/proc/${edge.nginx.pid}/status`, "utf8");
    expect(status).not.toMatch(/^[UG]id:.*\b0\b/m);
  });
});

test("the documents in nginx.conf are the registry's", async () => {
  const conf = await readFile(new URL("../../../infra/edge/nginx.conf", import.meta.url), "utf8");
  const answers = [...conf.matchAll(/return (\d{3}) '(\{"type".*\})';/g)];
  expect(answers.length).toBeGreaterThan(8);
  for (const [, status, text = ""] of answers) {
    const document = JSON.parse(text.replaceAll("\\'", "'")) as { code: ProblemCode };
    expect(document).toEqual(problemDocument(document.code));
    expect(Number(status)).toBe(PROBLEMS[document.code].status);
  }
});
