import type { Context } from "./context.ts";
import { packReport } from "./pack-report.ts";
import { currentPseudonym } from "./pseudonym.ts";
import { isStopped, type Session } from "./session.ts";
import { signReport } from "./sign-report.ts";
import type { SignedReport } from "./state.ts";
import { usableToken } from "./wallet.ts";
import { withoutBlocked } from "./without-blocked.ts";
import { youngEvents } from "./young-events.ts";

/**
 * Takes at most `maxEvents` events and a token and makes them one signed report, or undefined without either. The events leave the queue first:
 * `log` goes on meanwhile. Pseudonym and token are of one moment, so that they are of one rotation window.
 */
export async function nextReport(
  context: Context,
  session: Session,
  maxEvents: number,
): Promise<SignedReport | undefined> {
  const { state } = session;
  for (;;) {
    dropOldEvents(context, session);
    if (state.batch === undefined && state.queue.length === 0) return undefined;
    const pseudonym = currentPseudonym(context, state);
    const token = usableToken(context, state);
    if (token === undefined) return undefined;
    state.batch ??= {
      events: state.queue.splice(0, Math.min(maxEvents, context.limits.maxEventsPerReport)),
      signed: undefined,
      attempts: 0,
      mayBeStored: false,
      resigned: false,
    };
    const { batch } = state;
    batch.events = withoutBlocked(session, batch.events);
    const packed = await packReport(context, pseudonym.value, pseudonym.reports, batch.events);
    if (isStopped(session)) return undefined;
    const fit = packed?.events ?? 1;
    state.queue.unshift(...batch.events.slice(fit));
    batch.events = batch.events.slice(0, fit);
    if (packed !== undefined) {
      token.uses++;
      pseudonym.reports++;
      batch.signed = signReport(context, packed, token);
      return batch.signed;
    }
    context.lose("event_too_large");
    state.batch = undefined;
  }
}

function dropOldEvents(context: Context, { state }: Session): void {
  const young = youngEvents(context, state.queue);
  context.lose("too_old", state.queue.length - young.length);
  state.queue = young;
}
