import type { AppendRecord } from "./event-log.ts";
import { KafkaError } from "./kafka-error.ts";

/** Under the 1,048,588 bytes that a topic takes by default, with room for what frames a batch. */
const MAX_BATCH_BYTES = 1_000_000;
/** What Kafka writes about a record, at most. */
const RECORD_BYTES = 32;
const MAX_WAITING_BYTES = 32 * 1_024 * 1_024;

interface Append extends PromiseWithResolvers<void> {
  /** Records not acknowledged yet. */
  left: number;
  isRejected: boolean;
  readonly deadlineMs: number;
}

interface Entry {
  readonly record: AppendRecord;
  readonly append: Append;
}

/** Of one partition: records that go out together. */
export interface Batch {
  readonly lane: Lane;
  readonly records: readonly AppendRecord[];
  /** When the first of its appends has waited long enough. */
  readonly deadlineMs: number;
  acknowledge(): void;
  reject(error: KafkaError): void;
}

/** What waits to be appended to one partition. One batch at a time is on its way, so that nothing overtakes anything. */
export class Lane {
  readonly topic: string;
  readonly partition: number;
  private readonly waiting: Entry[] = [];
  private waitingBytes = 0;
  private isBusy = false;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  /** Resolves once all of them are acknowledged. */
  add(records: readonly AppendRecord[], deadlineMs: number): Promise<void> {
    const bytes = records.reduce((sum, record) => sum + sizeOf(record), 0);
    if (this.waitingBytes > 0 && this.waitingBytes + bytes > MAX_WAITING_BYTES)
      return Promise.reject(
        new KafkaError("QUEUE_FULL", { detail: "too much waits to be appended already" }),
      );
    const append = { ...Promise.withResolvers<void>(), left: records.length, isRejected: false, deadlineMs };
    for (const record of records) this.waiting.push({ record, append });
    this.waitingBytes += bytes;
    return append.promise;
  }

  /** What has waited longest, but not too long; undefined if there is none, or a batch is on its way. */
  take(nowMs: number): Batch | undefined {
    if (this.isBusy) return undefined;
    const entries: Entry[] = [];
    let bytes = 0;
    let taken = 0;
    for (const entry of this.waiting) {
      const size = sizeOf(entry.record);
      if (entries.length > 0 && bytes + size > MAX_BATCH_BYTES) break;
      taken += 1;
      this.waitingBytes -= size;
      if (entry.append.isRejected || entry.append.deadlineMs <= nowMs) continue;
      entries.push(entry);
      bytes += size;
    }
    this.waiting.splice(0, taken);
    const [first] = entries;
    if (first === undefined) return undefined;
    this.isBusy = true;
    return {
      lane: this,
      records: entries.map(({ record }) => record),
      deadlineMs: first.append.deadlineMs,
      acknowledge: () => this.settle(entries, undefined),
      reject: (error) => this.settle(entries, error),
    };
  }

  private settle(entries: readonly Entry[], error: KafkaError | undefined): void {
    this.isBusy = false;
    for (const { append } of entries) {
      append.left -= 1;
      if (error !== undefined) {
        append.isRejected = true;
        append.reject(error);
      } else if (append.left === 0) append.resolve();
    }
  }
}

function sizeOf({ key, value }: AppendRecord): number {
  return key.byteLength + value.byteLength + RECORD_BYTES;
}
