import { Agent, type IncomingMessage, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { PreparedReport } from "./report-supply.ts";

/** In turn, so that none idles until the edge closes it. When all are busy reports wait here, and that counts too. */
const CONNECTIONS = 256;
/** Beyond it nothing more is sent: memory is bounded, and that many without an answer are a failure by themselves. */
const MAX_UNANSWERED = 4_096;
const ANSWER_TIMEOUT_MS = 20_000;

/** One report and what became of it. */
export interface Shot {
  /** After the start: when it was to be sent, whatever happened to those before it. */
  readonly dueMs: number;
  /** From when it was due to the end of its answer. */
  readonly latencyMs: number;
  /** 0: none. */
  readonly status: number;
  readonly hasRetryAfter: boolean;
}

/** Connections that stay open, as those of a proxy in front of the edge do: Node accepts but one a turn of its event loop. */
export interface Sender {
  sendAtRate(reports: readonly PreparedReport[], ratePerSecond: number): Promise<Shot[]>;
  close(): void;
}

/**
 * Sends reports at a fixed rate whatever the answers. Latency counts from when each was due: a sender that waits for a slow service before
 * it sends the next one would leave out just those that suffer.
 */
export function createSender(edgeUrl: string): Sender {
  const { hostname: host, port } = new URL(edgeUrl);
  const agent = new Agent({
    keepAlive: true,
    maxSockets: CONNECTIONS,
    maxFreeSockets: CONNECTIONS,
    scheduling: "fifo",
  });
  const to = { agent, host, port };
  return {
    sendAtRate: (reports, ratePerSecond) => sendAll(to, reports, ratePerSecond),
    close: () => agent.destroy(),
  };
}

interface To {
  readonly agent: Agent;
  readonly host: string;
  readonly port: string;
}

async function sendAll(to: To, reports: readonly PreparedReport[], ratePerSecond: number): Promise<Shot[]> {
  const shots: Promise<Shot>[] = [];
  let unanswered = 0;
  const startedMs = performance.now();
  const shoot = async (report: PreparedReport, dueMs: number): Promise<Shot> => {
    if (unanswered >= MAX_UNANSWERED) return { dueMs, latencyMs: 0, ...NO_ANSWER };
    unanswered++;
    const answer = await send(to, report);
    unanswered--;
    return { dueMs, latencyMs: performance.now() - startedMs - dueMs, ...answer };
  };
  for (const [index, report] of reports.entries()) {
    const dueMs = (index / ratePerSecond) * 1_000;
    const earlyMs = dueMs - (performance.now() - startedMs);
    if (earlyMs > 0) await sleep(earlyMs);
    shots.push(shoot(report, dueMs));
  }
  return await Promise.all(shots);
}

type Answer = Pick<Shot, "status" | "hasRetryAfter">;
const NO_ANSWER: Answer = { status: 0, hasRetryAfter: false };

function send(to: To, { path, headers, body }: PreparedReport): Promise<Answer> {
  return new Promise((resolve) => {
    const outgoing = request(
      { ...to, method: "POST", path, headers, timeout: ANSWER_TIMEOUT_MS },
      (incoming: IncomingMessage) => {
        incoming.resume();
        incoming.once("close", () =>
          resolve({
            status: incoming.statusCode ?? 0,
            hasRetryAfter: /^\d+$/.test(incoming.headers["retry-after"] ?? ""),
          }),
        );
      },
    );
    outgoing.once("timeout", () => outgoing.destroy());
    outgoing.once("error", () => resolve(NO_ANSWER));
    outgoing.end(body);
  });
}
