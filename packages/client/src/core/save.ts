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
  if (found !== undefined && found.text === undefined) return;
  const saved = typeof found?.text === "string" ? readState(found.text, settings) : undefined;
  if (saved === undefined) {
    lose("store_corrupt");
    return;
  }
  Object.assign(session.state, saved, { queue: [...saved.queue, ...session.state.queue] });
  session.saved = saved.batch?.signed;
  // The run before may have ended while this was under way.
  if (saved.batch?.signed) saved.batch.mayBeStored = true;
}

/** Whether the state as it is now is durable. Runs in the client's lane only: writes never overtake one another. */
export async function save(context: Context, session: Session): Promise<boolean> {
  if (!session.loaded) return false;
  const { state } = session;
  const signed = state.batch?.signed;
  session.dirty = false;
  const text = writeState(state, context.settings);
  const isSaved = await succeeds(context, () => context.platform.store.save(text));
  if (isSaved) session.saved = signed;
  else session.dirty = true;
  return isSaved;
}

/** Whether the store is known to be empty now. */
export function wipe(context: Context): Promise<boolean> {
  return succeeds(context, () => context.platform.store.clear());
}

async function succeeds(context: Context, write: () => Promise<void>): Promise<boolean> {
  const done = await settleWithin(context, async () => {
    await write();
    return true;
  });
  if (done === undefined) context.lose("store_failed");
  return done === true;
}
