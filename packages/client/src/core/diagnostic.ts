import type { ProblemCode } from "@dit/protocol";
import type { IssuerRefusal } from "./issuer-refusal.ts";
import type { LossReason } from "./losses.ts";

/** How a request ended: `ok`, the server's problem code, or what stood in for an answer. */
export type Outcome = "ok" | ProblemCode | "unreachable" | "unexpected_answer";

/**
 * What the client tells its host: named outcomes, counts and latencies, and nothing that says who. `reportId` names one report
 * (hex): it is for test harnesses that follow a report, and is not to be kept with an account.
 */
export type Diagnostic =
  | { readonly name: "loss"; readonly reason: LossReason; readonly count: number }
  | { readonly name: "keys_fetched"; readonly outcome: Outcome; readonly latencyMs: number }
  | {
      readonly name: "tokens_fetched";
      readonly outcome: Outcome;
      readonly tokens: number;
      readonly latencyMs: number;
    }
  | { readonly name: "issuer_refused"; readonly reason: IssuerRefusal }
  | { readonly name: "account_failed" }
  | {
      readonly name: "report_accepted";
      readonly reportId: string;
      readonly events: number;
      /** Sendings of these bytes, this one included, as far as they were answered. */
      readonly attempts: number;
      readonly latencyMs: number;
    }
  | {
      readonly name: "report_retried";
      readonly outcome: Outcome;
      readonly delayMs: number;
      readonly latencyMs: number;
    }
  | { readonly name: "report_resigned"; readonly outcome: Outcome; readonly latencyMs: number }
  | {
      readonly name: "report_dropped";
      readonly outcome: Outcome;
      readonly events: number;
      readonly latencyMs: number;
    };
