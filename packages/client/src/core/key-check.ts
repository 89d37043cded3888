import { type Context, randomFraction } from "./context.ts";
import { fetchKeys } from "./fetch-keys.ts";
import type { Session } from "./session.ts";

/**
 * A refused credential may mean that its key is gone: the fresh document says so, and that key's other tokens go. But who asks for keys
 * right after a refusal, or reports right after that, shows by time and address whose report was refused. So both wait, at random.
 */
export function planKeyCheck(context: Context, session: Session): void {
  const { platform, timing } = context;
  session.keysCheckAt = platform.nowMs() + randomFraction(context) * timing.ditherMs;
  session.uploadHeldUntil = session.keysCheckAt + randomFraction(context) * timing.ditherMs;
}

export async function checkKeysIfDue(context: Context, session: Session): Promise<void> {
  if (session.keysCheckAt === undefined || context.platform.nowMs() < session.keysCheckAt) return;
  session.keysCheckAt = undefined;
  if (session.keys !== undefined) session.keys.freshUntil = 0;
  await fetchKeys(context, session);
}
