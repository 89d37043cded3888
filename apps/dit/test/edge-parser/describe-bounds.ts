import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { Credential } from "@dit/crypto-core";
import { LIMITS } from "@dit/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EdgeProcess, StartEdgeProcess } from "./edge-process.ts";
import { EDGE_SECRET, type Intake, openIntake, reportBody, signReport } from "./intake.ts";
import { closesWithin, dial, statusesOf } from "./raw-connection.ts";
import { startWiretap, type Wiretap } from "./wiretap.ts";

const START_WITHIN_MS = 90_000;
const CLOSES_WITHIN_MS = 8_000;
const MIB = 2 ** 20;
/** What one hostile connection would have the edge hold, if it held it. */
const SENT_BYTES = 16 * MIB;
const CONNECTIONS = 20;
/** 20 connections with a body of 64 KiB, a head of 8 KiB and the kernel's and Node's buffers are far less; 320 MiB are far more. */
const MAX_GROWTH_BYTES = 96 * MIB;

export function describeBounds(startEdge: StartEdgeProcess): void {
  let intake: Intake;
  let tap: Wiretap;
  let edge: EdgeProcess;
  let credential: Credential;

  beforeAll(async () => {
    intake = await openIntake();
    tap = await startWiretap(intake.ingest.url ?? "");
    edge = await startEdge({
      ingestUrl: tap.url,
      edgeSecret: EDGE_SECRET,
      limits: {
        headersTimeoutMs: 1_500,
        bodyTimeoutMs: 1_500,
        requestTimeoutMs: 3_000,
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

  const line = "POST /v1/use-cases/hostile_input/reports HTTP/1.1\r\nHost: localhost\r\n";

  function genuineHead(...more: readonly string[]): string {
    const { headers } = signReport(credential, reportBody(0));
    const own = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    return `${line}${[...own, ...more].join("\r\n")}\r\n\r\n`;
  }

  interface Endless {
    readonly name: string;
    readonly head: () => string;
    /** Sent again and again. */
    readonly piece: string;
    readonly statuses: readonly number[];
  }

  const x64KiB = "x".repeat(65_536);

  const ENDLESS: readonly Endless[] = [
    { name: "one header without an end", head: () => `${line}X: `, piece: x64KiB, statuses: [431] },
    { name: "headers without an end", head: () => line, piece: "x: y\r\n".repeat(10_000), statuses: [431] },
    { name: "a header's name without an end", head: () => line, piece: x64KiB, statuses: [431] },
    { name: "a target without an end", head: () => "POST /", piece: x64KiB, statuses: [431] },
    { name: "a method without an end", head: () => "", piece: "P".repeat(65_536), statuses: [400, 431] },
    {
      name: "empty lines without an end",
      head: () => "",
      piece: "\r\n".repeat(32_768),
      statuses: [400, 408, 431],
    },
    {
      name: "a body in chunks without an end",
      head: () => genuineHead("Transfer-Encoding: chunked"),
      piece: `10000\r\n${x64KiB}\r\n`,
      statuses: [413],
    },
    {
      name: "a body in chunks of a byte",
      head: () => genuineHead("Transfer-Encoding: chunked"),
      piece: "1\r\nx\r\n".repeat(10_000),
      statuses: [413],
    },
    {
      name: "a chunk of all that 64 bits can count",
      head: () => `${genuineHead("Transfer-Encoding: chunked")}fffffffffffffff\r\n`,
      piece: x64KiB,
      statuses: [400, 413],
    },
    {
      name: "a length of a terabyte",
      head: () => genuineHead("Content-Length: 1099511627776"),
      piece: x64KiB,
      statuses: [413],
    },
    {
      name: "chunk extensions without an end",
      head: () => `${genuineHead("Transfer-Encoding: chunked")}1;`,
      piece: x64KiB,
      statuses: [413],
    },
    {
      name: "trailers without an end",
      head: () => `${genuineHead("Transfer-Encoding: chunked")}0\r\n`,
      piece: "x: y\r\n".repeat(10_000),
      statuses: [431],
    },
  ];

  /** Writes until the edge closes the connection or all is sent, never faster than the edge takes it. */
  async function sendEndless({ head, piece }: Endless) {
    const connection = await dial(edge.port);
    const { socket } = connection;
    socket.write(head(), "latin1");
    let sentBytes = 0;
    while (!connection.isClosed() && sentBytes < SENT_BYTES) {
      sentBytes += piece.length;
      if (socket.write(piece, "latin1")) await sleep(0);
      else await Promise.race([connection.closed, new Promise((resolve) => socket.once("drain", resolve))]);
    }
    const isClosed = await closesWithin(connection, CLOSES_WITHIN_MS);
    return { isClosed, statuses: statusesOf(connection.text()) };
  }

  describe("what does not end is ended, and not held", () => {
    it.each(ENDLESS.map((each) => [each.name, each] as const))(
      "%s",
      { timeout: 60_000 },
      async (_, endless) => {
        tap.forget();
        const before = await edge.rssBytes();
        const sending = Promise.all(Array.from({ length: CONNECTIONS }, () => sendEndless(endless)));
        const peak = await peakWhile(sending);
        const outcomes = await sending;
        expect(outcomes.filter(({ isClosed }) => !isClosed)).toEqual([]);
        // The answer may be lost to a reset while the client still writes, but it is never another one.
        const others = outcomes
          .flatMap(({ statuses }) => statuses)
          .filter((each) => !endless.statuses.includes(each));
        expect(others).toEqual([]);
        expect(tap.requests()).toEqual([]);
        expect(peak - before).toBeLessThan(MAX_GROWTH_BYTES);
      },
    );

    it("a gzip bomb unpacks to its limit and no further", { timeout: 60_000 }, async () => {
      const body = Uint8Array.from(gzipSync(Buffer.alloc(60 * MIB)));
      expect(body.length).toBeLessThan(LIMITS.maxReportBodyBytes);
      const before = process.memoryUsage.rss();
      const { path, headers } = signReport(credential, body, "gzip");
      const answers = await Promise.all(
        Array.from({ length: CONNECTIONS }, () =>
          fetch(`http://127.0.0.1:${edge.port}${path}`, { method: "POST", headers, body }),
        ),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([413]));
      expect(process.memoryUsage.rss() - before).toBeLessThan(2 * MAX_GROWTH_BYTES);
      expect(await intake.storedReports()).toBe(0);
    });

    it("The edge stays well, and takes a good report", async () => {
      const { path, headers, body } = signReport(credential, reportBody(1));
      const answer = await fetch(`http://127.0.0.1:${edge.port}${path}`, { method: "POST", headers, body });
      expect(answer.status).toBe(202);
      expect(await edge.faults()).toEqual([]);
    });
  });

  async function peakWhile(work: Promise<unknown>): Promise<number> {
    let isRunning = true;
    const done = work.finally(() => {
      isRunning = false;
    });
    let peak = 0;
    do {
      peak = Math.max(peak, await edge.rssBytes());
      await Promise.race([done, sleep(50)]);
    } while (isRunning);
    return Math.max(peak, await edge.rssBytes());
  }
}
