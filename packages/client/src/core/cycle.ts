import { type Context, randomFraction } from "./context.ts";
import { isSwitchedOn } from "./disable.ts";
import { fetchTokens } from "./fetch-tokens.ts";
import { checkKeysIfDue } from "./key-check.ts";
import { currentEpoch } from "./pseudonym.ts";
import { isStopped, type Session } from "./session.ts";
import { waitingEvents } from "./state.ts";
import { upload } from "./upload.ts";
import { dropStaleTokens, plannedFetches } from "./wallet.ts";

/** Does whatever is due. Explicit: the host asks for it now, so it waits neither for the dithered time nor for tokens' time. */
export async function runCycle(context: Context, session: Session, explicit: boolean): Promise<void> {
  if (!(await isSwitchedOn(context, session))) return;
  await checkKeysIfDue(context, session);
  // What is logged from now on waits for a time of its own: an upload must not tell that something happened just now.
  let due = waitingEvents(session.state);
  for (;;) {
    await fetchDueTokens(context, session, explicit);
    const isDue = explicit || context.platform.nowMs() >= session.uploadAt;
    if (!isDue || isStopped(session)) return;
    const settled = await upload(context, session, due);
    // A retry has its own random time.
    const isHeld = session.uploadHeldUntil > context.platform.nowMs();
    session.uploadAt = isHeld ? session.uploadHeldUntil : nextUploadAt(context);
    due -= settled;
    // A flush goes on with new tokens while it gets anywhere.
    if (!explicit || due <= 0 || settled === 0) return;
  }
}

export function nextUploadAt(context: Context): number {
  const { flushIntervalMs, ditherMs } = context.timing;
  return context.platform.nowMs() + flushIntervalMs + randomFraction(context) * ditherMs;
}

/** When the next cycle has something to do. */
export function nextWakeAt(context: Context, session: Session): number {
  if (session.disabledUntil !== undefined) return session.disabledUntil;
  const fetches = plannedFetches(context, session).map(({ at }) => Math.max(at, session.fetchHeldUntil));
  return Math.min(session.uploadAt, session.keysCheckAt ?? Number.POSITIVE_INFINITY, ...fetches);
}

async function fetchDueTokens(context: Context, session: Session, explicit: boolean): Promise<void> {
  dropStaleTokens(context, session.state);
  const current = currentEpoch(context);
  const isOut = !session.state.tokens.some(({ epoch }) => epoch === current);
  for (const { epoch, at } of plannedFetches(context, session)) {
    const now = context.platform.nowMs();
    const isDue = now >= at || (explicit && isOut && epoch === current);
    if (isStopped(session) || session.disabledUntil !== undefined || now < session.fetchHeldUntil) return;
    if (isDue) await fetchTokens(context, session, epoch);
  }
}
