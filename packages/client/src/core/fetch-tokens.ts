import {
  type Credential,
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
import type { IssuerRefusal } from "./issuer-refusal.ts";
import { keyForEpoch } from "./key-document.ts";
import { type Answer, actionFor, outcomeOf, request } from "./request.ts";
import { isStopped, type Session } from "./session.ts";
import { settleWithin } from "./settle-within.ts";
import { countIssued, tokensWanted, tokenTimes } from "./wallet.ts";

/** Fills the wallet for one epoch. On any failure it holds fetching back for a while; a bad batch is dropped whole. */
export async function fetchTokens(context: Context, session: Session, epoch: number): Promise<void> {
  const credentials = await issue(context, session, epoch);
  if (isStopped(session) || session.disabledUntil !== undefined) return;
  session.fetchAt.delete(epoch);
  if (credentials === undefined) return;
  session.fetchFailures = 0;
  session.dirty = true;
  const usableAt = context.platform.nowMs() + tokenTimes(context).minAgeMs;
  const maxUses = session.keys?.document.usesPerToken ?? 0;
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
  if (answer === undefined || isStopped(session)) return undefined;
  countIssued(session.state, epoch, count);
  const received = receive(context, made.context, answer.body);
  const outcome = { outcome: "ok", latencyMs: answer.latencyMs } as const;
  context.tell({
    name: "tokens_fetched",
    ...outcome,
    tokens: typeof received === "string" ? 0 : received.length,
  });
  return typeof received === "string" ? refuse(context, session, received) : received;
}

/** The 200 answer. An account that is not accepted is asked for once more; every other refusal holds back. */
async function ask(
  context: Context,
  session: Session,
  { keyVersion, epoch, blinded }: { keyVersion: number; epoch: number; blinded: readonly Uint8Array[] },
): Promise<Answer | undefined> {
  const { settings } = context;
  const body = JSON.stringify({ keyVersion, epoch, blinded: blinded.map(toBase64Url) });
  for (let attempt = 0; attempt < 2; attempt++) {
    const accessToken = await settleWithin(context, () => context.account(), session.stop.signal);
    if (isStopped(session)) return undefined;
    if (typeof accessToken !== "string") {
      context.tell({ name: "account_failed" });
      return holdBack(context, session, 0);
    }
    const answer = await request(context, session, settings.acsUrl + ROUTES.issueTokens(settings.useCase), {
      method: "POST",
      headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
      body,
    });
    if (isStopped(session) || answer.status === 200) return answer;
    const { latencyMs } = answer;
    context.tell({ name: "tokens_fetched", outcome: outcomeOf(answer), tokens: 0, latencyMs });
    if (actionFor(answer) === "reauthenticate" && attempt === 0) continue;
    return fail(context, session, epoch, answer);
  }
  return undefined;
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
  context.lose("issuer_refused");
  context.tell({ name: "issuer_refused", reason });
  if (session.keys !== undefined) session.keys.freshUntil = 0;
  return holdBack(context, session, 0);
}

function holdBack(context: Context, session: Session, retryAfterMs: number): undefined {
  const delayMs = backoffMs(context, session.fetchFailures++, retryAfterMs);
  session.fetchHeldUntil = context.platform.nowMs() + delayMs;
}
