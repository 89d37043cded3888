import type { Credential } from "@dit/crypto-core";
import { CREDENTIAL_HEADER, EDGE_SECRET_HEADER, ROUTES } from "@dit/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../support/until.ts";
import { type EdgeProcess, startEdgeProcess } from "./edge-process.ts";
import {
  EDGE_SECRET,
  type Intake,
  openIntake,
  reportBody,
  type SignedReport,
  signReport,
  useCase,
} from "./intake.ts";
import { closesWithin, dial, statusesOf } from "./raw-connection.ts";
import { honestRequest, SMUGGLING_CASES } from "./smuggling-cases.ts";
import { startWiretap, type TappedRequest, type Wiretap } from "./wiretap.ts";

const CLOSES_WITHIN_MS = 3_000;
const START_WITHIN_MS = 30_000;
/** Everything that may be in a request to ingest; undici and HTTP/1.1 need the first three. */
const ALLOWED = [
  "host",
  "connection",
  "content-length",
  "content-type",
  "content-encoding",
  CREDENTIAL_HEADER,
  EDGE_SECRET_HEADER,
];

let intake: Intake;
let tap: Wiretap;
let edge: EdgeProcess;
let credential: Credential;
let marks = 0;

beforeAll(async () => {
  intake = await openIntake();
  tap = await startWiretap(intake.ingest.url ?? "");
  edge = await startEdgeProcess({
    ingestUrl: tap.url,
    edgeSecret: EDGE_SECRET,
    limits: {
      headersTimeoutMs: 600,
      bodyTimeoutMs: 400,
      requestTimeoutMs: 1_200,
      keepAliveTimeoutMs: 400,
      ratePerSecond: 100_000,
      rateBurst: 100_000,
    },
  });
  const [issued] = await intake.credentials(1);
  if (issued === undefined) throw new Error("no credential was issued");
  credential = issued;
}, START_WITHIN_MS);
afterAll(async () => {
  await edge.stop();
  await tap.close();
  await intake.close();
}, START_WITHIN_MS);

const nextReport = (): SignedReport => signReport(credential, reportBody(++marks));

/** Every request that ingest was sent, each of which must be what the edge alone writes. */
function reachedIngest(): TappedRequest[] {
  const requests = tap.requests();
  for (const { requestLine, headers } of requests) {
    expect(requestLine).toBe(`POST ${ROUTES.reports(useCase.useCase)} HTTP/1.1`);
    const names = headers.map(([name]) => name);
    expect(names.filter((name) => !ALLOWED.includes(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  }
  return requests;
}

function credentialOf({ headers }: TappedRequest | SignedReport): string | undefined {
  const pairs: readonly (readonly [string, string])[] = isList(headers) ? headers : Object.entries(headers);
  return new Map(pairs).get(CREDENTIAL_HEADER);
}

function isList(
  headers: TappedRequest["headers"] | SignedReport["headers"],
): headers is TappedRequest["headers"] {
  return Array.isArray(headers);
}

/** Waits until the edge closes the connection, or until `answers` have come. */
async function sendRaw(
  bytes: string,
  answers = Number.POSITIVE_INFINITY,
): Promise<{ text: string; isClosed: boolean }> {
  const connection = await dial(edge.port);
  connection.socket.write(bytes, "latin1");
  await until(
    () => connection.isClosed() || finalStatuses(connection.text()).length >= answers,
    CLOSES_WITHIN_MS,
    "the connection was neither answered nor closed",
  );
  const isClosed = connection.isClosed();
  connection.socket.destroy();
  return { text: connection.text(), isClosed };
}

function finalStatuses(text: string): number[] {
  return statusesOf(text).filter((status) => status !== 100);
}

describe("a connection with a request hidden in it", () => {
  it.concurrent.for(SMUGGLING_CASES)("$name", { timeout: 20_000 }, async ({ wanted, bytes }, { expect }) => {
    const report = nextReport();
    const hidden = nextReport();
    const sending = sendRaw(bytes(report, honestRequest(hidden)), wanted === "one" ? 1 : undefined);
    const { text, isClosed } = await sending;
    const statuses = finalStatuses(text);
    const sent = reachedIngest().map(credentialOf);
    if (wanted !== "one") expect.soft(isClosed).toBe(true);
    expect.soft(sent).not.toContain(credentialOf(hidden));
    const own = sent.filter((each) => each === credentialOf(report));
    if (wanted === "refused") {
      expect.soft(own).toEqual([]);
      expect.soft(statuses.filter((status) => status < 400 || status > 499)).toEqual([]);
    } else {
      expect.soft(own.length).toBeLessThanOrEqual(1);
      if (wanted === "one") expect.soft([statuses, own.length]).toEqual([[202], 1]);
    }
  });
});

describe("a body", () => {
  it("that is a whole request is a body", async () => {
    const hidden = nextReport();
    const report = signReport(credential, Uint8Array.from(Buffer.from(honestRequest(hidden))));
    tap.forget();
    const { text } = await sendRaw(honestRequest(report), 1);
    expect(statusesOf(text)).toEqual([400]);
    const requests = reachedIngest();
    expect(requests.map(credentialOf)).toEqual([credentialOf(report)]);
    expect(requests[0]?.body.equals(Buffer.from(honestRequest(hidden)))).toBe(true);
  });

  it("shorter than its length never becomes a report: the client waits in vain, or goes away", async () => {
    const report = nextReport();
    tap.forget();
    const cut = honestRequest(report).slice(0, -1);
    const waiting = await sendRaw(cut);
    expect([statusesOf(waiting.text), waiting.isClosed]).toEqual([[408], true]);
    const leaving = await dial(edge.port);
    leaving.socket.end(cut, "latin1");
    expect(await closesWithin(leaving, CLOSES_WITHIN_MS)).toBe(true);
    expect(statusesOf(leaving.text()).filter((status) => status !== 400)).toEqual([]);
    expect(reachedIngest()).toEqual([]);
  });

  it("longer than its length is cut there, and the rest is no request", async () => {
    const report = nextReport();
    tap.forget();
    const lying = honestRequest(report).replace(/Content-Length: \d+/, "Content-Length: 5");
    const end = lying.length - report.body.length + 5;
    const connection = await dial(edge.port);
    connection.socket.write(lying.slice(0, end), "latin1");
    await until(() => statusesOf(connection.text()).length === 1, CLOSES_WITHIN_MS, "no answer came");
    connection.socket.write(lying.slice(end), "latin1");
    expect(await closesWithin(connection, CLOSES_WITHIN_MS)).toBe(true);
    expect(statusesOf(connection.text()).filter((status) => status !== 400)).toEqual([401]);
    expect(reachedIngest().map(({ body }) => body.toString())).toEqual(['{"pse']);
  });
});

describe("the checks above", () => {
  it("see both of two honest requests on one connection", async () => {
    const reports = [nextReport(), nextReport()];
    tap.forget();
    const { text } = await sendRaw(reports.map(honestRequest).join(""), 2);
    expect(statusesOf(text)).toEqual([202, 202]);
    expect(reachedIngest().map(credentialOf)).toEqual(reports.map(credentialOf));
    expect(reachedIngest().map(({ body }) => new Uint8Array(body))).toEqual(reports.map(({ body }) => body));
  });

  it("count what ingest counts", async () => {
    const before = await intake.metrics.value("http_requests_total");
    tap.forget();
    await sendRaw(honestRequest(nextReport()), 1);
    await sendRaw(honestRequest(nextReport()).replace("v1.1.", "v1.2."), 1);
    expect((await intake.metrics.value("http_requests_total")) - before).toBe(reachedIngest().length);
    expect(reachedIngest()).toHaveLength(2);
  });
});

it("The edge stays well: it neither ends nor fails inside", async () => {
  expect(edge.exitCode()).toBeNull();
  expect((await edge.memory()).internalErrors).toBe(0);
  expect(edge.output()).toBe("");
});
