import { CREDENTIAL_HEADER, EDGE_SECRET_HEADER, formatCredentialHeader, ROUTES } from "@dit/protocol";
import { type DependencyWatch, type PresentedReport, ProblemError, type Secret } from "@dit/service-kit";
import { errors, Pool } from "undici";
import type { EdgeLimits } from "./limits.ts";
import { refusalOf } from "./refusal.ts";

/** Ingest, as the edge sees it: one fixed origin. */
export interface Upstream {
  /**
   * Resolves if ingest accepted the report. Throws ProblemError: ingest's own refusal rebuilt, `upstream_unavailable` or
   * `upstream_timeout`.
   */
  forward(useCase: string, report: PresentedReport): Promise<void>;
  close(): Promise<void>;
}

export function createUpstream(options: {
  readonly ingestUrl: string;
  readonly edgeSecret: Secret;
  readonly limits: EdgeLimits;
  readonly watch: DependencyWatch;
}): Upstream {
  const { edgeSecret, limits, watch } = options;
  const pool = new Pool(new URL(options.ingestUrl).origin, {
    connections: limits.upstreamConnections,
    connect: { timeout: limits.upstreamConnectTimeoutMs },
    headersTimeout: limits.upstreamTimeoutMs,
    bodyTimeout: limits.upstreamTimeoutMs,
    maxResponseSize: limits.maxUpstreamResponseBytes,
  });

  /** A new request: no header of the client's is copied, each is written here from a value that was checked. */
  async function send(useCase: string, { contentType, contentEncoding, credential, body }: PresentedReport) {
    const {
      statusCode,
      headers,
      body: answer,
    } = await pool.request({
      method: "POST",
      path: ROUTES.reports(useCase),
      headers: {
        "content-type": contentType,
        ...(contentEncoding === "gzip" ? { "content-encoding": "gzip" } : {}),
        [CREDENTIAL_HEADER]: formatCredentialHeader(credential),
        [EDGE_SECRET_HEADER]: edgeSecret.reveal(),
      },
      body,
    });
    return { statusCode, headers, text: await answer.text() };
  }

  return {
    async forward(useCase, report) {
      const answer = await watch
        .run("forward", () => send(useCase, report))
        .catch((cause: unknown) => {
          throw new ProblemError(isTimeout(cause) ? "upstream_timeout" : "upstream_unavailable", { cause });
        });
      if (answer.statusCode === 202) return;
      throw refusalOf(answer);
    },
    close: () => pool.close(),
  };
}

function isTimeout(error: unknown): boolean {
  return (
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    error instanceof errors.ConnectTimeoutError
  );
}
