import { randomBytes } from "node:crypto";
import { runChild } from "../contract/child.ts";
import { useRequest, useSharedKeys } from "./contract-requests.ts";
import type { Counters } from "./counters.ts";

const LOOPS = 4;

await runChild<Counters>({
  async share(store, say) {
    say("ready");
    say(String(await useSharedKeys(store)));
    await store.close();
  },
  async "write-until-killed"(store, say) {
    await Promise.all(
      Array.from({ length: LOOPS }, async () => {
        for (;;) {
          const request = { ...useRequest(0, 0, 1), key: randomBytes(16), member: randomBytes(8) };
          const use = `${request.key.toString("hex")} ${request.member.toString("hex")}`;
          await store.use([request]);
          say(`reserved ${use}`);
          await store.confirm([request]);
          say(`confirmed ${use}`);
        }
      }),
    );
  },
});
