import { withDeadline } from "@dit/service-kit";
import { errors, Pool } from "undici";
import type { EdgeLimits } from "./limits.ts";
import type { UpstreamAnswer } from "./refusal.ts";

/** How the edge reaches ingest: over a network, or in one process with it. */
export interface IngestConnection {
  /** With these headers and no others. Rejects if ingest does not answer; `isTimeout` tells why. */
  post(path: string, headers: Readonly<Record<string, string>>, body: Uint8Array): Promise<UpstreamAnswer>;
  close(): Promise<void>;
}

export function connectToIngest(ingestUrl: string, limits: EdgeLimits): IngestConnection {
  const pool = new Pool(new URL(ingestUrl).origin, {
    connections: limits.upstreamConnections,
    connect: { timeout: limits.upstreamConnectTimeoutMs },
    headersTimeout: limits.upstreamTimeoutMs,
    bodyTimeout: limits.upstreamTimeoutMs,
    maxResponseSize: limits.maxUpstreamResponseBytes,
  });
  return {
    async post(path, headers, body) {
      const answer = await pool.request({ method: "POST", path, headers, body });
      return { statusCode: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
    },
    close: () => pool.close(),
  };
}

/** `fetch`: the handler of ingest's app. */
export function callIngest(
  fetch: (request: Request) => Response | Promise<Response>,
  { upstreamTimeoutMs, maxUpstreamResponseBytes }: EdgeLimits,
): IngestConnection {
  const answerOf = async (response: Response): Promise<UpstreamAnswer> => {
    const text = await response.text();
    if (text.length > maxUpstreamResponseBytes) throw new RangeError("an answer of ingest's is too long");
    return { statusCode: response.status, headers: Object.fromEntries(response.headers), text };
  };
  const late = () => new IngestDeadlineError();
  const underWay = new Set<Promise<unknown>>();
  return {
    async post(path, headers, body) {
      const request = new Request(`http://ingest${path}`, {
        method: "POST",
        headers,
        body: new Uint8Array(body),
      });
      const answer = Promise.resolve(fetch(request)).then(answerOf);
      const ended: Promise<unknown> = answer.catch(() => undefined).then(() => underWay.delete(ended));
      underWay.add(ended);
      return await withDeadline(answer, upstreamTimeoutMs, late);
    },
    async close() {
      // Also for those whose client has gone, or whose time was over: ingest goes on with them.
      await withDeadline(Promise.all(underWay), upstreamTimeoutMs, late).catch(() => undefined);
    },
  };
}

export function isTimeout(error: unknown): boolean {
  return (
    error instanceof IngestDeadlineError ||
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    error instanceof errors.ConnectTimeoutError
  );
}

class IngestDeadlineError extends Error {
  override readonly name = "IngestDeadlineError";
}
