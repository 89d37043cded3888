import { connect } from "node:net";
import { CREDENTIAL_HEADER, ROUTES } from "@dit/protocol";
import { onTestFinished } from "vitest";
import type { EdgeLimits } from "../src/limits.ts";
import type { EdgeUnderTest, StartEdge } from "./edge-under-test.ts";
import { startUpstream, type UpstreamStub } from "./upstream-stub.ts";

export const EDGE_SECRET = "edge-secret-edge-secret-edge-secret";
export const PATH = ROUTES.reports("app_usage");
export const BODY = '{"pseudonym":"AAECAwQFBgcICQoLDA0ODw","events":[]}';
/** Of the right shape; whether it is genuine is for others to find out. */
export const CREDENTIAL = `v1.1.20000.${"A".repeat(43)}.${"B".repeat(42)}A`;

export interface Rig<Edge extends EdgeUnderTest = EdgeUnderTest> {
  readonly edge: Edge;
  readonly upstream: UpstreamStub;
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

/** Starts edges, each before a stub of ingest and until its test has finished. */
export function rigs<Edge extends EdgeUnderTest>(
  startEdge: (options: Parameters<StartEdge>[0]) => Promise<Edge>,
): (limits?: Partial<EdgeLimits>) => Promise<Rig<Edge>> {
  return (limits = {}) => startRig(startEdge, limits);
}

async function startRig<Edge extends EdgeUnderTest>(
  startEdge: (options: Parameters<StartEdge>[0]) => Promise<Edge>,
  limits: Partial<EdgeLimits>,
): Promise<Rig<Edge>> {
  const upstream = await startUpstream();
  const edge = await startEdge({ ingestUrl: upstream.url, edgeSecret: EDGE_SECRET, limits });
  onTestFinished(() => edge.stop());
  return {
    edge,
    upstream,
    send: ({ path = PATH, method = "POST", headers = {}, body = BODY } = {}) =>
      fetch(`${edge.url}${path}`, {
        method,
        headers: { "content-type": "application/json", [CREDENTIAL_HEADER]: CREDENTIAL, ...headers },
        ...(method === "GET" ? {} : { body }),
      }),
    raw: (...parts) => exchange(Number(new URL(edge.url).port), parts),
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
