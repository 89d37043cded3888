import { ROUTES } from "@dit/protocol";
import {
  type ConfirmRequest,
  type RedeemRequest,
  type RedeemResponse,
  redeemResponseSchema,
  type UseCaseList,
  useCaseListSchema,
} from "@dit/protocol/schemas";
import { type Clock, systemClock } from "./clock.ts";
import { createAcsClockSkewMetric } from "./clock-skew.ts";
import type { Metrics } from "./metrics.ts";
import { ProblemError } from "./problem-error.ts";
import type { Secret } from "./secret.ts";
import { createServiceChannel, parseAnswer } from "./service-channel.ts";

/**
 * ACS as ingest and sink see it. Every method rejects with ProblemError: the code of a refusal, or dependency_unavailable when
 * ACS cannot be reached, is late or fails.
 */
export interface AcsClient {
  /** One result for each item, in order. */
  redeem(request: RedeemRequest): Promise<RedeemResponse>;
  confirm(request: ConfirmRequest): Promise<void>;
  listUseCases(etag?: string): Promise<{ readonly etag: string; readonly list: UseCaseList } | "unchanged">;
}

export interface AcsClientOptions {
  readonly baseUrl: string;
  readonly serviceSecret: Secret;
  /** In one process: the ACS app's own `fetch` handler. */
  readonly fetch?: typeof fetch;
  readonly timeoutMs?: number;
  /** Of the service that asks: gets how far ACS's clock is from its own. */
  readonly metrics?: Metrics;
  readonly clock?: Clock;
}

export function createAcsClient(options: AcsClientOptions): AcsClient {
  const { serviceSecret, metrics, clock = systemClock, ...rest } = options;
  const observeDate = metrics && createAcsClockSkewMetric(metrics, clock);
  const call = createServiceChannel({ ...rest, secret: serviceSecret });
  return {
    async redeem(request) {
      const answer = await call({ method: "POST", path: ROUTES.redeem, body: request });
      const response = parseAnswer(answer, redeemResponseSchema);
      // Results are matched to items by position alone: one missing would give every later report another one's answer.
      if (response.results.length !== request.items.length) throw new ProblemError("dependency_unavailable");
      return response;
    },
    async confirm(request) {
      await call({ method: "POST", path: ROUTES.confirm, body: request });
    },
    async listUseCases(etag) {
      const headers = etag === undefined ? {} : { "if-none-match": etag };
      const askedAtMs = clock.nowMs();
      const answer = await call({ method: "GET", path: ROUTES.useCases, headers });
      observeDate?.(answer.headers.get("date"), askedAtMs);
      if (answer.status === 304) return "unchanged";
      const list = parseAnswer(answer, useCaseListSchema);
      const newEtag = answer.headers.get("etag");
      if (newEtag === null) throw new ProblemError("dependency_unavailable");
      return { etag: newEtag, list };
    },
  };
}
