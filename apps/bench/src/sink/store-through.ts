import { setTimeout as sleep } from "node:timers/promises";
import { REPORTS_TOPIC } from "@dit/protocol";
import { CONSUMER_GROUP } from "@dit/sink";
import type { AppendRecord } from "@dit/storage";
import { processorSeconds } from "../table/interleave.ts";
import type { OpenSink } from "./open-sink.ts";

const POLL_MS = 2;

/** Appends records to the event log, and resolves once the sink has stored all that is there. */
export async function storeThrough({ eventLog }: OpenSink, records: readonly AppendRecord[]): Promise<void> {
  await eventLog.append(REPORTS_TOPIC, [...records]);
  const isBehind = async () => {
    const progress = await eventLog.progress(REPORTS_TOPIC, CONSUMER_GROUP);
    return progress.some(({ committedOffset, endOffset }) => committedOffset < endOffset);
  };
  while (await isBehind()) await sleep(POLL_MS);
}

export async function timed(work: () => Promise<void>) {
  const startedMs = performance.now();
  const coreSecondsBefore = processorSeconds();
  await work();
  return {
    seconds: (performance.now() - startedMs) / 1_000,
    coreSeconds: processorSeconds() - coreSecondsBefore,
  };
}
