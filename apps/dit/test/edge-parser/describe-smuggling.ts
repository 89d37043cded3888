import type { Credential } from "@dit/crypto-core";
import { CREDENTIAL_HEADER, EDGE_SECRET_HEADER, ROUTES } from "@dit/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../support/until.ts";
import type { EdgeProcess, StartEdgeProcess } from "./edge-process.ts";
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
import { honestRequest, type Lenient, SMUGGLING_CASES, type Wanted } from "./smuggling-cases.ts";
import { startWiretap, type TappedRequest, type Wiretap } from "./wiretap.ts";

const CLOSES_WITHIN_MS = 3_000;
const START_WITHIN_MS = 90_000;
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

interface Outcome {
  readonly isClosed: boolean;
  readonly statuses: readonly number[];
  readonly timesSent: number;
  readonly timesHiddenSent: number;
}

const IS_AS_WANTED: Readonly<Record<Wanted | Lenient, (outcome: Outcome) => boolean>> = {
  refused: ({ isClosed, statuses, timesSent, timesHiddenSent }) =>
    isClosed &&
    timesSent + timesHiddenSent === 0 &&
    statuses.every((status) => status >= 400 && status <= 499),
  one: ({ statuses, timesSent, timesHiddenSent }) =>
    `${statuses}` === "202" && timesSent === 1 && timesHiddenSent === 0,
  cut: ({ isClosed, timesSent, timesHiddenSent }) => isClosed && timesSent <= 1 && timesHiddenSent === 0,
  read: ({ isClosed, statuses, timesSent, timesHiddenSent }) =>
    isClosed &&
    timesSent <= 1 &&
    timesHiddenSent <= 1 &&
    statuses.filter((status) => status === 202).length <= timesSent + timesHiddenSent,
};

/** `isStrict`: it does what is wanted, and takes no liberty that a reader of HTTP may take. */
export function describeSmuggling(startEdge: StartEdgeProcess, { isStrict }: { isStrict: boolean }): void {
  let intake: Intake;
  let tap: Wiretap;
  let edge: EdgeProcess;
  let credential: Credential;
  let marks = 0;

  beforeAll(async () => {
    intake = await openIntake();
    tap = await startWiretap(intake.ingest.url ?? "");
    edge = await startEdge({
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
    it.concurrent.for(SMUGGLING_CASES)("$name", { timeout: 20_000 }, async (smuggling, { expect }) => {
      const { wanted, lenient, bytes } = smuggling;
      const report = nextReport();
      const hidden = nextReport();
      const request = bytes(report, honestRequest(hidden));
      // A connection whose request was taken closes as idle, unless it is known to be well.
      const { text, isClosed } = await sendRaw(request, wanted === "one" && isStrict ? 1 : undefined);
      const sent = reachedIngest().map(credentialOf);
      const timesSent = (each: SignedReport) =>
        sent.filter((credential) => credential === credentialOf(each)).length;
      const outcome: Outcome = {
        isClosed,
        statuses: finalStatuses(text),
        timesSent: timesSent(report),
        timesHiddenSent: timesSent(hidden),
      };
      const isAsWanted = IS_AS_WANTED[wanted](outcome);
      const isAllowed = !isStrict && lenient !== undefined && IS_AS_WANTED[lenient](outcome);
      expect(isAsWanted || isAllowed, `${wanted}: ${JSON.stringify(outcome)}`).toBe(true);
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
      expect(waiting.isClosed).toBe(true);
      // Whoever gets no answer sends the same again.
      expect([[], [408]]).toContainEqual(statusesOf(waiting.text));
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
      expect(reachedIngest().map(({ body }) => new Uint8Array(body))).toEqual(
        reports.map(({ body }) => body),
      );
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
    expect(await edge.faults()).toEqual([]);
  });
}
