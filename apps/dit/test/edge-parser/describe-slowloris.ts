import { Agent, request } from "node:http";
import type { Credential } from "@dit/crypto-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { EdgeProcess, StartEdgeProcess } from "./edge-process.ts";
import { EDGE_SECRET, type Intake, openIntake, reportBody, signReport } from "./intake.ts";
import {
  SLOW_KINDS,
  type SlowClients,
  type SlowKind,
  type SlowStats,
  startSlowClients,
} from "./slow-clients.ts";
import { honestRequest } from "./smuggling-cases.ts";

const START_WITHIN_MS = 90_000;
const SLOW_CONNECTIONS = 500;
const LIMITS = {
  headersTimeoutMs: 1_000,
  bodyTimeoutMs: 800,
  // Long, so that each of the others has to do its own work.
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 400,
  ratePerSecond: 1_000_000,
  rateBurst: 1_000_000,
};
/** When each kind must be gone: its timeout, and what Node and the server's look at its connections add to it. */
const GONE_AFTER_MS: Readonly<Record<SlowKind, number>> = {
  headers: LIMITS.headersTimeoutMs + 250,
  silent: LIMITS.headersTimeoutMs + 250,
  // Answered at the body's timeout; what still comes is thrown away for half a second.
  body: LIMITS.bodyTimeoutMs + 500,
  stalled: LIMITS.bodyTimeoutMs + 500,
  // Node keeps a connection a second longer than it says.
  finished: LIMITS.keepAliveTimeoutMs + 1_000,
};
/** Other tests have the cores too. */
const BUSY_MACHINE_MS = 2_000;

const REPORTS_PER_WINDOW = 200;
const REPORTS_AT_ONCE = 4;
/** The verdict is the ratio of medians over windows that take turns: what else the machine does falls on both kinds alike. */
const FIRST_VERDICT_WINDOWS = 3;
/** A busy machine may need more windows to show the ratio; a real one stays whatever their number. */
const MAX_WINDOWS = 8;
/**
 * Quiet reports that take longer say that others have the cores: then 500 connections more, whoever serves them, cost the good
 * ones their share of the machine, and only what is far more than that is the edge's.
 */
const TAKEN_MACHINE_MS = 50;
const MAX_RATIO = 2;
const MAX_RATIO_WHEN_TAKEN = 4;
/** Under this a p99 is one turn of the scheduler or one flush of the disk, and its ratio says nothing of the edge. */
const NOISE_MS = 20;

/**
 * `unending`: what the edge does not end as long as it goes on. It must cost the others no more than the rest of them, all the same, and
 * one address may have so many at once and no more, which is another test's matter.
 */
export function describeSlowloris(
  startEdge: StartEdgeProcess,
  { unending = [] }: { unending?: readonly SlowKind[] } = {},
): void {
  let intake: Intake;
  let edge: EdgeProcess;
  let slow: SlowClients;
  let credentials: Credential[];
  let sent = 0;

  beforeAll(async () => {
    intake = await openIntake();
    edge = await startEdge({
      ingestUrl: intake.ingest.url ?? "",
      edgeSecret: EDGE_SECRET,
      limits: LIMITS,
    });
    slow = startSlowClients();
    credentials = await intake.credentials(100);
  }, START_WITHIN_MS);
  afterAll(async () => {
    slow.end();
    await edge.stop();
    await intake.close();
  }, START_WITHIN_MS);

  it("500 slow connections at most double the p99 of good reports, and are closed in time", {
    timeout: 120_000,
  }, async () => {
    await window();
    const quiet: number[] = [];
    const besideSlow: number[] = [];
    let stats: SlowStats | undefined;
    const isSlowed = () => {
      const ratio = median(quiet) > TAKEN_MACHINE_MS ? MAX_RATIO_WHEN_TAKEN : MAX_RATIO;
      return median(besideSlow) > Math.max(ratio * median(quiet), NOISE_MS);
    };
    while (quiet.length < FIRST_VERDICT_WINDOWS || (isSlowed() && quiet.length < MAX_WINDOWS)) {
      quiet.push(await window());
      await slow.start({ port: edge.port, count: SLOW_CONNECTIONS, heads: heads() });
      besideSlow.push(await window());
      stats = await slow.leave(unending);
    }
    const rounded = [quiet, besideSlow].map((p99s) => p99s.map(Math.round).join(" "));
    expect(isSlowed(), `p99 in ms, quiet: ${rounded[0]}; beside slow ones: ${rounded[1]}`).toBe(false);
    for (const kind of SLOW_KINDS) {
      if (unending.includes(kind)) continue;
      expect(stats?.closed[kind], kind).toBeGreaterThanOrEqual(
        (quiet.length * SLOW_CONNECTIONS) / SLOW_KINDS.length,
      );
      expect(stats?.longestMs[kind], kind).toBeLessThan(GONE_AFTER_MS[kind] + BUSY_MACHINE_MS);
    }
    // No body that dripped became a report.
    expect(await intake.storedReports()).toBe(sent);
  });

  function heads(): Record<SlowKind, string> {
    const whole = honestRequest(nextReport(false));
    const bodyStart = whole.indexOf("\r\n\r\n") + 4;
    return {
      headers: "POST / HTTP/1.1\r\nHost: localhost\r\nX: ",
      body: whole.slice(0, bodyStart + 1),
      stalled: whole.slice(0, bodyStart + 1),
      silent: "",
      // Refused, so that it is no good report: what it costs is the connection.
      finished: "POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
    };
  }

  function nextReport(isSent = true) {
    const credential = credentials[sent % credentials.length];
    if (credential === undefined) throw new Error("no credential was issued");
    const report = signReport(credential, reportBody(sent));
    if (isSent) sent += 1;
    return report;
  }

  /** The p99 of good reports, in milliseconds. All of them are accepted. */
  async function window(): Promise<number> {
    // Its own connections: those of the last window are closed as idle by now, or just about to be.
    const agent = new Agent({ keepAlive: true, maxSockets: REPORTS_AT_ONCE });
    const latenciesMs: number[] = [];
    const reports = Array.from({ length: REPORTS_PER_WINDOW }, () => nextReport());
    const sender = async (): Promise<void> => {
      for (let report = reports.pop(); report !== undefined; report = reports.pop()) {
        const startMs = performance.now();
        expect(await post(report, agent)).toBe(202);
        latenciesMs.push(performance.now() - startMs);
      }
    };
    await Promise.all(Array.from({ length: REPORTS_AT_ONCE }, sender));
    agent.destroy();
    latenciesMs.sort((a, b) => a - b);
    return latenciesMs[Math.floor(0.99 * latenciesMs.length)] ?? Number.POSITIVE_INFINITY;
  }

  function post(
    { path, headers, body }: ReturnType<typeof nextReport>,
    agent: Agent,
  ): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        { port: edge.port, host: "127.0.0.1", method: "POST", path, headers, agent },
        (answer) => {
          answer.resume().once("end", () => resolve(answer.statusCode));
        },
      );
      outgoing.once("error", reject).end(body);
    });
  }

  function median(values: readonly number[]): number {
    return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  }
}
