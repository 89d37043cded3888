import {
  CryptoError,
  type EvaluatedBatch,
  epochAt,
  epochEndSeconds,
  epochStartSeconds,
  isIssuable,
  toBase64Url,
} from "@dit/crypto-core";
import { LIMITS } from "@dit/protocol";
import { type IssueResponse, issueRequestSchema } from "@dit/protocol/schemas";
import { type Admission, nowSeconds, ProblemError, readJson } from "@dit/service-kit";
import { z } from "zod";
import type { AccountKeys } from "../account-keys.ts";
import type { AcsMetrics } from "../acs-metrics.ts";
import type { AccountId } from "../authenticate/authenticator.ts";
import type { createAuthenticators } from "../authenticate/authenticators.ts";
import type { AcsContext } from "../context.ts";
import { counterExpirySeconds } from "../counter-expiry.ts";
import { coversEpoch, type KeyValidity } from "../keys/key-ring.ts";
import type { LiveKey } from "../keys/live-key.ts";
import { reportCompromise } from "../keys/report-compromise.ts";
import type { UseCaseRegistry, UseCaseState } from "../use-cases/registry.ts";
import { decodeBlinded } from "./blinded-elements.ts";
import type { IssueBatch } from "./issue-pool.ts";
import { type Allowance, allowanceKey, createQuota } from "./quota.ts";

export type IssueTokens = (useCase: string, request: Request) => Promise<IssueResponse>;

/** As in the protocol, but for the elements: a bad one has a code of its own. */
const envelopeSchema = issueRequestSchema.extend({
  blinded: z.array(z.string()).min(1).max(LIMITS.maxTokensPerIssueRequest),
});
type Envelope = z.output<typeof envelopeSchema>;

const MAX_RETRY_AFTER_SECONDS = 86_400;

/** In this order: parse, use case, account, epoch and key, elements, quota. A refused request has used up nothing. */
export function createIssueTokens(parts: {
  readonly context: AcsContext;
  readonly registry: UseCaseRegistry;
  readonly authenticatorOf: ReturnType<typeof createAuthenticators>;
  readonly accountKeys: AccountKeys;
  readonly metrics: AcsMetrics;
  readonly admission: Admission;
}): IssueTokens {
  const { context, registry, authenticatorOf, accountKeys, metrics, admission } = parts;
  const quota = createQuota(context.counters);
  const issue = async (useCase: string, request: Request, envelope: Envelope): Promise<IssueResponse> => {
    const state = enabledState((await registry.current()).get(useCase));
    const account = await authenticatorOf(state.document).authenticate(request);
    const key = issuingKey(context, state, envelope);
    const blinded = decodeBlinded(envelope.blinded);
    const allowance = await allowanceOf(accountKeys, state, envelope, account);
    const refusal = () => quotaRefusal(context, metrics, state);
    if (!quota.mayHave(allowance, blinded.length)) throw refusal();
    const { evaluated, proof } = await evaluate(
      { context, metrics, state },
      { key, epoch: envelope.epoch, blinded },
    );
    const taken = await quota.take(allowance, blinded.length);
    if (!taken.granted) throw refusal();
    metrics.tokensIssued.inc({ use_case: useCase }, evaluated.length);
    return { evaluated: evaluated.map(toBase64Url), proof: toBase64Url(proof) };
  };
  return async (useCase, request) => {
    try {
      admission.requireRoom();
      // A body that trickles in holds its own connection, and no place that others wait for.
      const envelope = await readJson(request, envelopeSchema, LIMITS.maxIssueBodyBytes);
      const response = await admission.pass(() => issue(useCase, request, envelope));
      metrics.issuances.inc({ code: "issued" });
      return response;
    } catch (error) {
      metrics.issuances.inc({ code: error instanceof ProblemError ? error.code : "internal_error" });
      throw error;
    }
  };
}

function enabledState(state: UseCaseState | undefined): UseCaseState {
  if (state === undefined) throw new ProblemError("use_case_unavailable");
  if (!state.document.enabled) throw new ProblemError("use_case_disabled");
  return state;
}

/** The one key of the epoch, if that is the current or the next one and the client asks for just this key. */
function issuingKey(
  { clock }: AcsContext,
  { document, keys, unopened, closedBeforeSeconds }: UseCaseState,
  { epoch, keyVersion }: Envelope,
): LiveKey {
  const epochSeconds = document.epoch.seconds;
  const isOpen = epochStartSeconds(epoch, epochSeconds) >= closedBeforeSeconds;
  const covers = (each: KeyValidity) => coversEpoch(each, epoch, epochSeconds);
  const key = keys.find(covers);
  if (!isOpen || !isIssuable({ epoch, epochSeconds, nowSeconds: nowSeconds(clock) })) {
    throw new ProblemError("epoch_not_issuable");
  }
  if (unopened.some(covers)) throw new ProblemError("dependency_unavailable");
  if (key === undefined || key.keyVersion !== keyVersion) throw new ProblemError("epoch_not_issuable");
  return key;
}

async function allowanceOf(
  accountKeys: AccountKeys,
  { document }: UseCaseState,
  { epoch, keyVersion }: Envelope,
  account: AccountId,
): Promise<Allowance> {
  const endSeconds = epochEndSeconds(epoch, document.epoch.seconds) + document.epoch.graceSeconds;
  const accountKey = await accountKeys.keyOf(document.useCase, epoch, endSeconds);
  return {
    key: allowanceKey(accountKey, keyVersion, account),
    limit: document.issuance.tokensPerEpoch,
    expiresAtSeconds: counterExpirySeconds(document.epoch, epoch),
  };
}

async function evaluate(
  about: { readonly context: AcsContext; readonly metrics: AcsMetrics; readonly state: UseCaseState },
  batch: IssueBatch,
): Promise<EvaluatedBatch> {
  const { context, metrics, state } = about;
  const { key } = batch;
  try {
    const made = await evaluateBatch(context, batch);
    if (!key.isWiped()) return made;
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    if (error.code === "element_invalid" && !key.isWiped()) throw new ProblemError("blinded_element_invalid");
    if (error.code === "inverse") reportCompromise(context, metrics, state.document.useCase, key.keyVersion);
    else if (!key.isWiped()) throw error;
  }
  throw new ProblemError("epoch_not_issuable");
}

async function evaluateBatch({ poprf, issuePool }: AcsContext, batch: IssueBatch): Promise<EvaluatedBatch> {
  const { key, epoch, blinded } = batch;
  if (issuePool !== undefined) return issuePool.evaluate(batch);
  return poprf.blindEvaluateBatch(key.secretKey, blinded, key.forEpoch(epoch).info);
}

/** The next chance is the next epoch. Bounded, since a client should look again for other reasons too. */
function quotaRefusal({ clock }: AcsContext, metrics: AcsMetrics, { document }: UseCaseState): ProblemError {
  metrics.quotaRefusals.inc({ use_case: document.useCase });
  const { seconds } = document.epoch;
  const now = nowSeconds(clock);
  const untilNextEpoch = epochEndSeconds(epochAt(now, seconds), seconds) - Math.floor(now);
  return new ProblemError("quota_exhausted", {
    retryAfterSeconds: Math.max(1, Math.min(untilNextEpoch, MAX_RETRY_AFTER_SECONDS)),
  });
}
