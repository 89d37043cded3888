import { isBlockedField } from "@dit/protocol";
import type { Session } from "./session.ts";
import type { QueuedEvent } from "./state.ts";

/** The events without the fields that would be dropped on arrival, as far as this client has heard. */
export function withoutBlocked({ keys }: Session, events: readonly QueuedEvent[]): QueuedEvent[] {
  return events.map((event) => {
    const fields = Object.entries(event.fields).filter(
      ([field]) => !isBlockedField(keys?.document.blockedFields ?? {}, event.name, field),
    );
    return { ...event, fields: Object.fromEntries(fields) };
  });
}
