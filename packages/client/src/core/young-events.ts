import { LIMITS } from "@dit/protocol";
import type { Context } from "./context.ts";
import type { QueuedEvent } from "./state.ts";

/** Those the protocol still accepts: not older than `LIMITS.maxEventAgeSeconds`. */
export function youngEvents({ platform }: Context, events: readonly QueuedEvent[]): QueuedEvent[] {
  const oldest = platform.nowMs() / 1000 - LIMITS.maxEventAgeSeconds;
  return events.filter(({ at }) => at >= oldest);
}
