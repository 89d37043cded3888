import { connect } from "node:net";
import { CREDENTIAL_HEADER, ROUTES } from "@dit/protocol";
import {
  createLogger,
  createManualClock,
  createMetrics,
  type ManualClock,
  type Metrics,
  Secret,
} from "@dit/service-kit";
import { onTestFinished } from "vitest";
import type { EdgeLimits } from "../src/limits.ts";
import { createEdgeService, type EdgeService } from "../src/service.ts";
import { startUpstream, type UpstreamStub } from "./upstream-stub.ts";

export const EDGE_SECRET = "edge-secret-edge-secret-edge-secret";
export const PATH = ROUTES.reports("app_usage");
export const BODY = '{"pseudonym":"AAECAwQFBgcICQoLDA0ODw","events":[]}';
/** Of the right shape; whether it is genuine is for others to find out. */
export const CREDENTIAL = `v1.1.20000.${"A".repeat(43)}.${"B".repeat(42)}A`;

export interface Rig {
  readonly edge: EdgeService;
  readonly upstream: UpstreamStub;
  readonly clock: ManualClock;
  readonly metrics: Metrics;
  readonly logLines: string[];
  /** A report as a client sends it, with changes. */
  send(change?: {
    path?: string;
    method?: string;
    headers?: Record<string, string>;
    body?: string | Uint8Array<ArrayBuffer>;
  }): Promise<Response>;
  /** Writes bytes to a socket of its own, and returns all that comes back until the edge closes it. */
  raw(...parts: (string | Uint8Array)[]): Promise<string>;
}

/** An edge on real sockets before a stub of ingest. */
export async function startRig(limits: Partial<EdgeLimits> = {}, ingestUrl?: string): Promise<Rig> {
  const upstream = await startUpstream();
  const clock = createManualClock(Date.UTC(2026, 0, 15));
  const metrics = createMetrics("edge");
  const logLines: string[] = [];
  const edge = createEdgeService({
    clock,
    metrics,
    logger: createLogger({ service: "edge", clock, write: (line) => logLines.push(line) }),
    config: {
      listenHost: "127.0.0.1",
      listenPort: 0,
      adminPort: 0,
      ingestUrl: ingestUrl ?? upstream.url,
      edgeSecret: new Secret(EDGE_SECRET),
      limits,
    },
  });
  await edge.start();
  onTestFinished(() => edge.stop());
  return {
    edge,
    upstream,
    clock,
    metrics,
    logLines,
    send: ({ path = PATH, method = "POST", headers = {}, body = BODY } = {}) =>
      fetch(`${edge.url}${path}`, {
        method,
        headers: { "content-type": "application/json", [CREDENTIAL_HEADER]: CREDENTIAL, ...headers },
        ...(method === "GET" ? {} : { body }),
      }),
    raw: (...parts) => exchange(Number(new URL(edge.url ?? "").port), parts),
  };
}

function exchange(port: number, parts: readonly (string | Uint8Array)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port });
    let answer = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("error", (error: NodeJS.ErrnoException) =>
      // The edge may close while a body that it refused is still being written.
      ["ECONNRESET", "EPIPE"].includes(error.code ?? "") ? resolve(answer) : reject(error),
    );
    socket.on("close", () => resolve(answer));
    for (const part of parts) socket.write(part);
  });
}

/** The text of an HTTP/1.1 request whose connection ends with its answer. */
export function rawRequest(headers: readonly string[], body = BODY, target = PATH): string {
  return [
    `POST ${target} HTTP/1.1`,
    "Host: edge.example",
    "Connection: close",
    ...headers,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "",
    body,
  ].join("\r\n");
}

export const PROTOCOL_HEADERS = ["Content-Type: application/json", `DIT-Credential: ${CREDENTIAL}`];

export async function codeOf(response: Response): Promise<unknown> {
  return ((await response.json()) as { code: unknown }).code;
}
