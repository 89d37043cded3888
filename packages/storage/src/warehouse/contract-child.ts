import { randomUUID } from "node:crypto";
import { runChild } from "../contract/child.ts";
import { batchInsert } from "./contract-table.ts";
import type { Warehouse } from "./warehouse.ts";

await runChild<Warehouse>({
  async "write-until-killed"(store, say) {
    for (;;) {
      const batch = randomUUID();
      say(`begin ${batch}`);
      await store.insert(batchInsert(batch));
      say(`done ${batch}`);
    }
  },
});
