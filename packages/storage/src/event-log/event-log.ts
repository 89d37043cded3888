/**
 * A partitioned, append-only log. What `append` has acknowledged survives kill -9 and power loss; a group
 * resumes where it committed; within a partition nothing is lost, repeated or reordered.
 */
export interface EventLog {
  /**
   * Resolves once every record is durable. On rejection, some may have been appended: repeat with the same
   * records.
   */
  append(topic: string, records: readonly AppendRecord[]): Promise<void>;
  /**
   * Runs `onPartition` once for each partition that this process is given, concurrently, until `signal` aborts.
   * Each gets a signal of its own that aborts when the partition is taken away: what was begun may be finished
   * and committed still, and what fails then is for the next owner. Resolves when all have returned; rejects with
   * the first error one of them throws.
   */
  consume(options: ConsumeOptions): Promise<void>;
  /**
   * Per partition: where a group has committed and where the log ends; pending is what lies between. Empty
   * before the first append.
   */
  progress(topic: string, group: string): Promise<PartitionProgress[]>;
  /** Rejects with a reason if the log cannot take an append now. */
  check(): Promise<void>;
  close(): Promise<void>;
}

export interface AppendRecord {
  /** Records with the same key keep their order; it is used for nothing else. */
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface ConsumeOptions {
  readonly topic: string;
  readonly group: string;
  readonly signal: AbortSignal;
  readonly onPartition: (partition: PartitionReader, signal: AbortSignal) => Promise<void>;
}

export interface PartitionReader {
  /** Distinguishes this topic from an earlier one of the same name. */
  readonly topicId: string;
  readonly topic: string;
  readonly partition: number;
  /**
   * The offset of the next record to process, and what was saved with it; `{offset: first, metadata: ""}` at
   * first.
   */
  committed(): Promise<CommittedOffset>;
  /**
   * Records from `fromOffset` on, in order without gaps, at most `maxRecords`. Waits up to `waitMs` for the
   * first one; empty if none came, or the partition is being taken away. Throws `OffsetOutOfRangeError` where
   * there are no records: before the retained start, or after the end.
   */
  read(fromOffset: number, maxRecords: number, waitMs: number): Promise<LogRecord[]>;
  /**
   * Durable when resolved. Rejects if the partition is no longer this process's, or the offset is after the
   * log's end.
   */
  commit(committed: CommittedOffset): Promise<void>;
}

export interface LogRecord {
  readonly offset: number;
  readonly value: Uint8Array;
}

export interface CommittedOffset {
  readonly offset: number;
  /** At most 4,096 characters. */
  readonly metadata: string;
}

export interface PartitionProgress {
  readonly topicId: string;
  readonly partition: number;
  /** The first offset still retained. */
  readonly startOffset: number;
  readonly committedOffset: number;
  /** The offset the next record will get. */
  readonly endOffset: number;
}

export class OffsetOutOfRangeError extends Error {
  override readonly name = "OffsetOutOfRangeError";
}
