import { epochAt, epochStartSeconds, toBase64Url } from "@dit/crypto-core";
import { LIMITS } from "@dit/protocol";
import type { Context } from "./context.ts";
import type { ClientState, Pseudonym } from "./state.ts";

/** The epoch that the client's clock is in. */
export function currentEpoch({ platform, settings }: Context): number {
  return epochAt(platform.nowMs() / 1000, settings.epochSeconds);
}

/**
 * The pseudonym of the current rotation window. A new one takes every used token with it: a token is never used with two
 * pseudonyms, or it would tie them together. Unused ones, fetched ahead, stay.
 */
export function currentPseudonym(context: Context, state: ClientState): Pseudonym {
  const { settings, platform } = context;
  const epochStart = epochStartSeconds(currentEpoch(context), settings.epochSeconds);
  const window = Math.floor(epochStart / settings.rotationSeconds);
  if (state.pseudonym?.window !== window) {
    state.tokens = state.tokens.filter((token) => token.uses === 0);
    state.pseudonym = { window, value: toBase64Url(platform.randomBytes(LIMITS.pseudonymBytes)), reports: 0 };
  }
  return state.pseudonym;
}
