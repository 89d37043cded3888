import { runChild } from "../contract/child.ts";
import { addToPair, increment } from "./contract-changes.ts";
import type { Documents } from "./documents.ts";

await runChild<Documents>({
  async increment(store, say) {
    say("ready");
    await increment(store);
    await store.close();
  },
  async "write-until-killed"(store, say) {
    for (;;) say(String(await addToPair(store)));
  },
});
