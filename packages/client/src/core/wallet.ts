import { epochEndSeconds } from "@dit/crypto-core";
import { type Context, randomFraction } from "./context.ts";
import { currentEpoch } from "./pseudonym.ts";
import type { Session } from "./session.ts";
import type { ClientState, StoredToken } from "./state.ts";

/**
 * Of the time that is left until an epoch, its tokens are fetched within this share. A failed fetch draws again from what is left then, so
 * that it succeeds at a random time and not at that of coming back online; and few are left to fetch in the epoch itself.
 */
const FETCH_WITHIN = 0.75;

/** The times of tokens, fitted into this use case's epochs. */
export function tokenTimes({ settings, timing }: Context) {
  const epochMs = settings.epochSeconds * 1000;
  return {
    minAgeMs: Math.min(timing.minTokenAgeMs, epochMs / 10),
    fetchDitherMs: Math.min(timing.tokenFetchDitherMs, epochMs / 10),
    fetchAheadMs: Math.min(timing.fetchAheadMs, epochMs),
  };
}

/** Tokens are used in their own epoch only; the next epoch's wait. All others have no use left. */
export function dropStaleTokens(context: Context, state: ClientState): void {
  const epoch = currentEpoch(context);
  const serves = (each: { readonly epoch: number }) => each.epoch === epoch || each.epoch === epoch + 1;
  state.tokens = state.tokens.filter((token) => serves(token) && token.uses < token.maxUses);
  state.issued = state.issued.filter(serves);
}

/** One token is used up before the next: fewer tokens then stand for one client. */
export function usableToken(context: Context, state: ClientState): StoredToken | undefined {
  dropStaleTokens(context, state);
  const epoch = currentEpoch(context);
  const now = context.platform.nowMs();
  const usable = state.tokens.filter((token) => token.epoch === epoch && token.usableAt <= now);
  return usable.find((token) => token.uses > 0) ?? usable[0];
}

/** How many tokens to ask for: up to the target once they run low, within the quota as far as it is known. */
export function tokensWanted({ limits }: Context, session: Session, epoch: number): number {
  const { state, keys } = session;
  const held = state.tokens.filter((token) => token.epoch === epoch).length;
  if (held > 0 && held >= limits.walletLowWaterTokens) return 0;
  const issued = state.issued.find((each) => each.epoch === epoch)?.count ?? 0;
  const quota = keys?.document.tokensPerEpoch ?? Number.POSITIVE_INFINITY;
  return Math.max(0, Math.min(limits.walletTargetTokens - held, quota - issued));
}

/** Adds to what was asked for of the epoch's quota. */
export function countIssued(state: ClientState, epoch: number, count: number): void {
  const before = state.issued.find((each) => each.epoch === epoch)?.count ?? 0;
  state.issued = [...state.issued.filter((each) => each.epoch !== epoch), { epoch, count: before + count }];
}

/**
 * The epochs that need tokens, each with the time to fetch them: drawn at random once and kept over restarts, so that a fetch tells
 * neither when a report was sent nor, as long as the app runs, when it was opened.
 */
export function plannedFetches(context: Context, session: Session): ClientState["fetches"] {
  const now = context.platform.nowMs();
  const current = currentEpoch(context);
  const { minAgeMs, fetchDitherMs, fetchAheadMs } = tokenTimes(context);
  const endMs = epochEndSeconds(current, context.settings.epochSeconds) * 1000;
  const drawn = (epoch: number) => {
    if (epoch === current) return now + randomFraction(context) * fetchDitherMs;
    const from = Math.max(now, endMs - fetchAheadMs);
    return from + randomFraction(context) * FETCH_WITHIN * Math.max(0, endMs - minAgeMs - from);
  };
  const { state } = session;
  const epochs = [current, current + 1].filter((epoch) => tokensWanted(context, session, epoch) > 0);
  const known = state.fetches.filter(({ epoch }) => epochs.includes(epoch));
  const added = epochs
    .filter((epoch) => known.every((each) => each.epoch !== epoch))
    .map((epoch) => ({ epoch, at: Math.floor(drawn(epoch)) }));
  if (added.length > 0 || known.length < state.fetches.length) {
    state.fetches = [...known, ...added];
    session.dirty = true;
  }
  return state.fetches;
}
