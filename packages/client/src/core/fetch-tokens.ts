import {
  type Credential,
  type CredentialRequest,
  type CredentialRequestContext,
  createCredentialRequest,
  element,
  fromBase64Url,
  proof,
  receiveCredentials,
  toBase64Url,
} from "@dit/crypto-core";
import { LIMITS, ROUTES } from "@dit/protocol";
import { backoffMs } from "./backoff.ts";
import type { Context } from "./context.ts";
import { switchOff } from "./disable.ts";
import { fetchKeys } from "./fetch-keys.ts";
import { type IssuerRefusal, refuseIssuer } from "./issuer-refusal.ts";
import { keyForEpoch } from "./key-document.ts";
import { type Answer, actionFor, request } from "./request.ts";
import { isStopped, type Session } from "./session.ts";
import { settleWithin } from "./settle-within.ts";
import { countIssued, tokensWanted, tokenTimes } from "./wallet.ts";

/** Fills the wallet for one epoch. On any failure it holds fetching back for a while; a bad batch is dropped whole. */
export async function fetchTokens(context: Context, session: Session, epoch: number): Promise<void> {
  const credentials = await issue(context, session, epoch);
  if (isStopped(session) || session.disabledUntil !== undefined) return;
  session.state.fetches = session.state.fetches.filter((each) => each.epoch !== epoch);
  session.dirty = true;
  if (credentials === undefined) return;
  session.fetchFailures = 0;
  const usableAt = context.platform.nowMs() + tokenTimes(context).minAgeMs;
  const maxUses = Math.min(session.keys?.document.usesPerToken ?? 0, context.settings.usesPerToken);
  for (const { keyVersion, token, macKey } of credentials) {
    session.state.tokens.push({
      keyVersion,
      epoch,
      token: toBase64Url(token),
      macKey: toBase64Url(macKey),
      maxUses,
      usableAt,
      uses: 0,
    });
  }
}

async function issue(context: Context, session: Session, epoch: number): Promise<Credential[] | undefined> {
  const { settings, poprf, platform } = context;
  const { randomBytes } = platform;
  const document = await fetchKeys(context, session);
  if (isStopped(session)) return undefined;
  if (document === undefined) return holdBack(context, session, 0);
  if (!document.enabled) return switchOff(context, session);
  const count = Math.min(tokensWanted(context, session, epoch), LIMITS.maxTokensPerIssueRequest);
  if (count === 0) return undefined;
  const key = keyForEpoch(document, epoch, settings);
  if (typeof key === "string") return refuse(context, session, key);
  const publicKey = element(fromBase64Url(key.publicKey) ?? new Uint8Array());
  const { environment, useCase, epochSeconds } = settings;
  const info = { environment, useCase, keyVersion: key.keyVersion, epochSeconds, epoch };
  const made = createCredentialRequest({ poprf, info, publicKey, count, randomBytes });
  const answer = await ask(context, session, made.request);
  if (isStopped(session)) return undefined;
  if (answer === undefined) return holdBack(context, session, 0);
  const { outcome, latencyMs } = answer;
  const received = outcome === "ok" ? receive(context, made.context, answer.body) : [];
  const tokens = typeof received === "string" ? 0 : received.length;
  context.tell({ name: "tokens_fetched", outcome, tokens, latencyMs });
  if (outcome !== "ok") return fail(context, session, epoch, answer);
  countIssued(session.state, epoch, count);
  return typeof received === "string" ? refuse(context, session, received) : received;
}

/** An account that is not accepted is asked for once more. Undefined if it cannot be had. */
async function ask(
  context: Context,
  session: Session,
  { keyVersion, epoch, blinded }: CredentialRequest,
): Promise<Answer | undefined> {
  const { settings } = context;
  const url = settings.acsUrl + ROUTES.issueTokens(settings.useCase);
  const body = JSON.stringify({ keyVersion, epoch, blinded: blinded.map(toBase64Url) });
  for (let isSecond = false; ; isSecond = true) {
    const accessToken = await settleWithin(context, context.account, session.stop.signal);
    if (isStopped(session)) return undefined;
    if (typeof accessToken !== "string") {
      context.tell({ name: "account_failed" });
      return undefined;
    }
    const headers = { authorization: `Bearer ${accessToken}`, "content-type": "application/json" };
    const answer = await request(context, session, [200], url, { method: "POST", headers, body });
    if (isStopped(session) || isSecond || actionFor(answer) !== "reauthenticate") return answer;
  }
}

function fail(context: Context, session: Session, epoch: number, answer: Answer): undefined {
  if (answer.code === "use_case_disabled") return switchOff(context, session);
  if (answer.code === "quota_exhausted") {
    // The account's other devices had the rest. The next epoch's quota is another, so its `Retry-After` does not hold here.
    countIssued(session.state, epoch, session.keys?.document.tokensPerEpoch ?? 0);
    return holdBack(context, session, 0);
  }
  if (actionFor(answer) === "refetch_token" && session.keys !== undefined) session.keys.freshUntil = 0;
  return holdBack(context, session, answer.retryAfterMs);
}

/** All of the batch or nothing: the proof is for all of it. */
function receive(
  { poprf }: Context,
  context: CredentialRequestContext,
  body: unknown,
): Credential[] | IssuerRefusal {
  const { evaluated, proof: proofText } = (body ?? {}) as { evaluated?: unknown; proof?: unknown };
  if (!Array.isArray(evaluated)) return "answer_malformed";
  try {
    const response = {
      evaluated: evaluated.map((each) => element(decoded(each))),
      proof: proof(decoded(proofText)),
    };
    return receiveCredentials({ poprf, context, response });
  } catch {
    return "answer_does_not_verify";
  }
}

function decoded(text: unknown): Uint8Array {
  return (typeof text === "string" ? fromBase64Url(text) : undefined) ?? new Uint8Array();
}

function refuse(context: Context, session: Session, reason: IssuerRefusal): undefined {
  refuseIssuer(context, reason);
  if (session.keys !== undefined) session.keys.freshUntil = 0;
  return holdBack(context, session, 0);
}

function holdBack(context: Context, session: Session, retryAfterMs: number): undefined {
  const delayMs = backoffMs(context, session.fetchFailures++, retryAfterMs);
  session.fetchHeldUntil = context.platform.nowMs() + delayMs;
}
