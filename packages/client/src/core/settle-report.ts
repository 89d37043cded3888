import { toBase64Url } from "@dit/crypto-core";
import { parseCredentialHeader } from "@dit/protocol";
import { backoffMs } from "./backoff.ts";
import type { Context } from "./context.ts";
import { switchOff } from "./disable.ts";
import type { LossReason } from "./losses.ts";
import { currentEpoch } from "./pseudonym.ts";
import { type Answer, actionFor } from "./request.ts";
import type { Session } from "./session.ts";
import { signedReportId } from "./sign-report.ts";
import type { Batch, SignedReport } from "./state.ts";
import { youngEvents } from "./young-events.ts";

/** These answers prove that this sending was not accepted: it was turned away before its use was counted. */
const NOT_ACCEPTED: readonly (string | undefined)[] = [
  "rate_limited",
  "overloaded",
  "request_timeout",
  "epoch_expired",
];

/** What becomes of a report that was sent. Only a 202 is an acceptance: a portal in between may answer 200 to anything. */
export function settleReport(
  context: Context,
  session: Session,
  signed: SignedReport,
  answer: Answer,
): undefined {
  const { batch } = session.state;
  if (batch === undefined) return;
  if (answer.outcome === "ok") return accept(context, session, batch, signed, answer);
  if (answer.code === "use_case_disabled") return switchOff(context, session);
  switch (actionFor(answer)) {
    case "refetch_token":
      return takeAnotherToken(context, session, batch, signed, answer);
    case "drop":
      return drop(context, session, batch, answer, "report_refused");
    default:
      return retry(context, session, batch, answer);
  }
}

function accept(
  context: Context,
  session: Session,
  batch: Batch,
  signed: SignedReport,
  { latencyMs }: Answer,
): undefined {
  session.uploadFailures = 0;
  session.state.batch = undefined;
  const reportId = signedReportId(signed);
  const counts = { events: batch.events.length, attempts: batch.attempts + 1 };
  context.tell({ name: "report_accepted", reportId, ...counts, latencyMs });
}

/** Later, the very same bytes. Being offline uses up no attempt: only the events' age ends that. */
function retry(context: Context, session: Session, batch: Batch, answer: Answer): undefined {
  if (answer.status !== 0) batch.attempts++;
  batch.mayBeStored ||= !NOT_ACCEPTED.includes(answer.code);
  if (youngEvents(context, batch.events).length === 0)
    return drop(context, session, batch, answer, "too_old");
  if (batch.attempts >= context.limits.maxAttemptsPerReport) {
    return drop(context, session, batch, answer, "retries_exhausted");
  }
  const delayMs = backoffMs(context, session.uploadFailures++, answer.retryAfterMs);
  session.uploadHeldUntil = context.platform.nowMs() + delayMs;
  const { latencyMs } = answer;
  context.tell({ name: "report_retried", outcome: answer.outcome, delayMs, latencyMs });
}

/**
 * Self-healing, once a report: this token is no good, and the same events go out with another. Not if they may be stored: they
 * would be counted twice, and perhaps tie two pseudonyms together. `token_exhausted` proves that they are not, since a repeat
 * of an accepted report is accepted also then.
 */
function takeAnotherToken(
  context: Context,
  session: Session,
  batch: Batch,
  { credential }: SignedReport,
  answer: Answer,
): undefined {
  const { state } = session;
  const refused = parseCredentialHeader(credential);
  // By this clock the epoch is not over: one of the clocks is wrong, and the token as good as before.
  if (answer.code === "epoch_expired" && refused && refused.epoch >= currentEpoch(context))
    return retry(context, session, batch, answer);
  const token = refused && toBase64Url(refused.token);
  state.tokens = state.tokens.filter((each) => each.token !== token);
  if (batch.mayBeStored && answer.code !== "token_exhausted")
    return drop(context, session, batch, answer, "fate_unknown");
  if (batch.resigned) return drop(context, session, batch, answer, "credential_refused");
  batch.signed = undefined;
  batch.mayBeStored = false;
  batch.resigned = true;
  context.tell({ name: "report_resigned", outcome: answer.outcome, latencyMs: answer.latencyMs });
}

function drop(
  context: Context,
  session: Session,
  batch: Batch,
  answer: Answer,
  reason: LossReason,
): undefined {
  session.state.batch = undefined;
  const events = batch.events.length;
  context.lose(reason, events);
  context.tell({ name: "report_dropped", outcome: answer.outcome, events, latencyMs: answer.latencyMs });
}
