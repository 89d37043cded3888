import { randomUUID } from "node:crypto";
import { runChild } from "../contract/child.ts";
import { encodeRecord, TOPIC } from "./contract-records.ts";
import type { EventLog } from "./event-log.ts";

const WRITERS = 4;

await runChild<EventLog>({
  async "append-one"(store) {
    await store.append(TOPIC, [encodeRecord({ writer: "child", number: 7 })]);
    await store.close();
  },
  async "write-until-killed"(store, say) {
    await Promise.all(
      Array.from({ length: WRITERS }, async () => {
        const writer = randomUUID();
        for (let number = 0; ; number += 2) {
          await store.append(
            TOPIC,
            [number, number + 1].map((each) => encodeRecord({ writer, number: each })),
          );
          say(`${writer} ${number}`);
          say(`${writer} ${number + 1}`);
        }
      }),
    );
  },
});
