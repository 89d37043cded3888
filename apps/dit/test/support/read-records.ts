import { REPORTS_TOPIC } from "@dit/protocol";
import type { EventLog } from "@dit/storage";

const RECORDS_PER_READ = 1_000;

/** Every record that a topic still has, each on a line after its offset. */
export async function readRecords(eventLog: EventLog, topic = REPORTS_TOPIC): Promise<Buffer> {
  const lines: Uint8Array[] = [];
  await eventLog.consume({
    topic,
    // It never commits, so that nothing is kept for it.
    group: "search",
    signal: new AbortController().signal,
    async onPartition(partition) {
      let { offset } = await partition.committed();
      for (;;) {
        const read = await partition.read(offset, RECORDS_PER_READ, 0);
        if (read.length === 0) return;
        for (const record of read)
          lines.push(Buffer.from(`${record.offset} `), record.value, Buffer.from("\n"));
        offset += read.length;
      }
    },
  });
  return Buffer.concat(lines);
}
