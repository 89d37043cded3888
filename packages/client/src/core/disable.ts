import type { Context } from "./context.ts";
import { fetchKeys } from "./fetch-keys.ts";
import type { Session } from "./session.ts";

/** The kill switch: what is queued goes, and nothing is taken or sent until the key document says enabled again. */
export function switchOff(context: Context, session: Session): undefined {
  const { state } = session;
  context.lose("use_case_disabled", state.queue.length + (state.batch?.events.length ?? 0));
  state.queue = [];
  state.batch = undefined;
  session.dirty = true;
  session.disabledUntil = context.platform.nowMs() + context.timing.keysMaxAgeMs;
}

/** Whether the use case is on; asks again once it is time to. */
export async function isSwitchedOn(context: Context, session: Session): Promise<boolean> {
  if (session.disabledUntil === undefined) return true;
  const { platform, timing } = context;
  if (platform.nowMs() < session.disabledUntil) return false;
  if (session.keys !== undefined) session.keys.freshUntil = 0;
  const document = await fetchKeys(context, session);
  if (document?.enabled === true) session.disabledUntil = undefined;
  else session.disabledUntil = platform.nowMs() + timing.keysMaxAgeMs;
  return session.disabledUntil === undefined;
}
