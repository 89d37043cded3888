import { decodeRecord, type TestRecord, TOPIC } from "./contract-records.ts";
import type { EventLog, PartitionReader } from "./event-log.ts";

/** Reads every record the topic has, by partition; commits nothing. */
export async function readAll(log: EventLog, group: string): Promise<TestRecord[][]> {
  const partitions: TestRecord[][] = [];
  await consumeOnce(log, group, async (reader) => {
    const { startOffset = 0, endOffset = 0 } = (await log.progress(TOPIC, group))[reader.partition] ?? {};
    partitions[reader.partition] = [];
    for (let offset = startOffset; offset < endOffset; ) {
      const records = await reader.read(offset, 7, 1_000);
      for (const record of records) {
        if (record.offset !== offset) throw new Error(`offset ${record.offset} came instead of ${offset}`);
        partitions[reader.partition]?.push(decodeRecord(record.value));
        offset += 1;
      }
    }
  });
  return partitions;
}

/** Consumes until `onPartition` has returned for every partition. */
export function consumeOnce(
  log: EventLog,
  group: string,
  onPartition: (reader: PartitionReader, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  return log.consume({ topic: TOPIC, group, signal: new AbortController().signal, onPartition });
}
