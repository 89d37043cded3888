/** One instance of ACS as a process of its own, on stores that others have open too: `<directory> <environment> <nowMs>`. */
import { join } from "node:path";
import { createManualClock, nowSeconds } from "@dit/service-kit";
import { openLmdbCounters } from "@dit/storage/counters/lmdb";
import { openLmdbDocuments } from "@dit/storage/documents/lmdb";
import { startWatchedAcs } from "./watched-acs.ts";

const [directory = "", environment = "", nowMs = ""] = process.argv.slice(2);
const clock = createManualClock(Number(nowMs));
const acs = await startWatchedAcs({
  counters: await openLmdbCounters({
    path: join(directory, "counters"),
    nowSeconds: () => nowSeconds(clock),
  }),
  documents: await openLmdbDocuments({ path: join(directory, "documents") }),
  clock,
  environment,
  rotationIntervalMs: 60_000,
  writeLog: () => undefined,
});
process.once("disconnect", () => process.exit(0));
process.send?.(acs.url);
