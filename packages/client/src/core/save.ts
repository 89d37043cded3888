import type { Context } from "./context.ts";
import { readState, writeState } from "./saved-state.ts";
import type { Session } from "./session.ts";
import { settleWithin } from "./settle-within.ts";

/** Reads what an earlier run left, once; events logged meanwhile come after it. Whatever is wrong with it, it starts empty. */
export async function load(context: Context, session: Session): Promise<void> {
  if (session.loaded) return;
  const { platform, settings, lose } = context;
  const found = await settleWithin(context, async () => ({ text: await platform.store.load() }));
  session.loaded = true;
  if (session.wiped || (found !== undefined && found.text === undefined)) return;
  const saved = typeof found?.text === "string" ? readState(found.text, settings) : undefined;
  if (saved === undefined) {
    lose("store_corrupt");
    return;
  }
  Object.assign(session.state, saved, { queue: [...saved.queue, ...session.state.queue] });
  session.saved = saved.batch?.signed;
}

/** Whether the state as it is now is durable. Runs in the client's lane only: writes never overtake one another. */
export async function save(context: Context, session: Session): Promise<boolean> {
  if (session.wiped || !session.loaded) return false;
  const { state } = session;
  const signed = state.batch?.signed;
  session.dirty = false;
  const text = writeState(state, context.settings);
  const saved = await settleWithin(context, async () => {
    await context.platform.store.save(text);
    return true;
  });
  if (saved === undefined) {
    session.dirty = true;
    context.lose("store_failed");
    return false;
  }
  session.saved = signed;
  return true;
}

/** Whether the store is known to be empty now. */
export async function wipe(context: Context): Promise<boolean> {
  const wiped = await settleWithin(context, async () => {
    await context.platform.store.clear();
    return true;
  });
  if (wiped === undefined) context.lose("store_failed");
  return wiped === true;
}
