import { CREDENTIAL_HEADER, EDGE_SECRET_HEADER, formatCredentialHeader, ROUTES } from "@dit/protocol";
import { type DependencyWatch, type PresentedReport, ProblemError, type Secret } from "@dit/service-kit";
import { type IngestConnection, isTimeout } from "./ingest-connection.ts";
import { refusalOf } from "./refusal.ts";

/** Ingest, as the edge sees it. */
export interface Upstream {
  /**
   * Resolves if ingest accepted the report. Throws ProblemError: ingest's own refusal rebuilt, `upstream_unavailable` or
   * `upstream_timeout`.
   */
  forward(useCase: string, report: PresentedReport): Promise<void>;
  close(): Promise<void>;
}

export function createUpstream(options: {
  readonly ingest: IngestConnection;
  readonly edgeSecret: Secret;
  readonly watch: DependencyWatch;
}): Upstream {
  const { ingest, edgeSecret, watch } = options;

  /** A new request: no header of the client's is copied, each is written here from a value that was checked. */
  function send(useCase: string, { contentType, contentEncoding, credential, body }: PresentedReport) {
    const headers = {
      "content-type": contentType,
      ...(contentEncoding === "gzip" ? { "content-encoding": "gzip" } : {}),
      [CREDENTIAL_HEADER]: formatCredentialHeader(credential),
      [EDGE_SECRET_HEADER]: edgeSecret.reveal(),
    };
    return ingest.post(ROUTES.reports(useCase), headers, body);
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
    close: () => ingest.close(),
  };
}
