import { setTimeout as sleep } from "node:timers/promises";
import { runChild } from "../src/contract/child.ts";
import { TOPIC } from "../src/event-log/contract-records.ts";
import type { EventLog } from "../src/event-log/event-log.ts";

await runChild<EventLog>({
  /** Commits the same offset of every partition it has, again and again, and says when it was refused. */
  async "commit-until-refused"(store, say) {
    await store.consume({
      topic: TOPIC,
      group: "g",
      signal: new AbortController().signal,
      async onPartition(reader, signal) {
        say(`has ${reader.partition}`);
        try {
          for (;;) {
            await reader.commit({ offset: 1, metadata: "of the first" });
            await sleep(20, undefined, { signal }).catch(() => undefined);
          }
        } catch {
          say(`refused ${reader.partition}`);
        }
      },
    });
  },
});
