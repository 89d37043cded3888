import type { LmdbEnvironment } from "../lmdb/environment.ts";
import { decodeBlock, encodeBlock } from "./block.ts";
import type { CommittedOffset, LogRecord } from "./event-log.ts";

export type EventLogTables = LmdbEnvironment<"topics" | "partitions" | "blocks" | "groups">["tables"];

/** The offsets a partition retains: from `start` (included) to `end` (the next to be written). */
export interface Bounds {
  readonly start: number;
  readonly end: number;
}

/** A larger value needs that many neighbouring free pages, which LMDB finds less often. */
const MAX_BLOCK_BYTES = 64 * 1_024;

/**
 * One partition's records and commits. Every method runs inside a transaction of the environment. Keys start
 * with the topic's id and the partition: `blocks` adds the first offset (u64, big-endian), `groups` the group's
 * name.
 */
export class PartitionStore {
  readonly partition: number;
  private readonly tables: EventLogTables;
  private readonly prefix: Buffer;

  constructor(tables: EventLogTables, topicId: string, partition: number) {
    this.tables = tables;
    this.partition = partition;
    this.prefix = Buffer.concat([Buffer.from(topicId, "hex"), uint(partition, 2)]);
  }

  bounds(): Bounds {
    const stored = this.tables.partitions.get(this.prefix);
    return stored === undefined ? { start: 0, end: 0 } : (JSON.parse(stored.toString()) as Bounds);
  }

  append(records: readonly Uint8Array[], appendedAtMs: number): void {
    const { start, end } = this.bounds();
    let offset = end;
    for (const block of intoBlocks(records)) {
      this.tables.blocks.putSync(this.blockKey(offset), encodeBlock({ appendedAtMs, records: block }));
      offset += block.length;
    }
    this.putBounds({ start, end: offset });
  }

  /**
   * Records from `fromOffset` on, at most `maxRecords`; or what is retained, if that does not reach to
   * `fromOffset`.
   */
  read(fromOffset: number, maxRecords: number): { records: LogRecord[] } | { retained: Bounds } {
    const { start, end } = this.bounds();
    if (fromOffset < start || fromOffset > end) return { retained: { start, end } };
    const records: LogRecord[] = [];
    const blocks = this.tables.blocks.getRange({
      start: this.firstBlockKey(fromOffset),
      end: this.blockKey(end),
    });
    for (const { key, value } of blocks) {
      let offset = offsetOf(key);
      for (const record of decodeBlock(value).records) {
        if (records.length === maxRecords) return { records };
        if (offset >= fromOffset) records.push({ offset, value: record });
        offset += 1;
      }
    }
    return { records };
  }

  committed(group: string): CommittedOffset | undefined {
    const stored = this.tables.groups.get(this.groupKey(group));
    return stored === undefined ? undefined : (JSON.parse(stored.toString()) as CommittedOffset);
  }

  commit(group: string, { offset, metadata }: CommittedOffset): void {
    this.tables.groups.putSync(this.groupKey(group), Buffer.from(JSON.stringify({ offset, metadata })));
  }

  /**
   * Removes at most `maxBlocks` blocks that every group which ever committed has passed, and that were appended
   * before `beforeMs`. Returns how many it removed.
   */
  trim(beforeMs: number, maxBlocks: number): number {
    const { start, end } = this.bounds();
    const passed = this.leastCommitted();
    let kept = start;
    let removed = 0;
    for (const { key, value } of this.tables.blocks.getRange({
      start: this.blockKey(start),
      end: this.blockKey(Math.min(passed, end)),
      limit: maxBlocks,
    })) {
      const { appendedAtMs, records } = decodeBlock(value);
      const next = offsetOf(key) + records.length;
      if (appendedAtMs >= beforeMs || next > passed) break;
      kept = next;
      removed += 1;
    }
    for (const key of [
      ...this.tables.blocks.getKeys({ start: this.blockKey(start), end: this.blockKey(kept) }),
    ]) {
      this.tables.blocks.removeSync(key);
    }
    if (removed > 0) this.putBounds({ start: kept, end });
    return removed;
  }

  private leastCommitted(): number {
    const offsets = [
      ...this.tables.groups.getRange({
        start: this.prefix,
        end: Buffer.concat([this.prefix, Buffer.of(0xff)]),
      }),
    ].map(({ value }) => (JSON.parse(value.toString()) as CommittedOffset).offset);
    return offsets.length === 0 ? 0 : Math.min(...offsets);
  }

  /** The key of the block that holds `offset`. */
  private firstBlockKey(offset: number): Buffer {
    const [key] = this.tables.blocks.getKeys({
      start: this.blockKey(offset),
      end: this.blockKey(0),
      inclusiveEnd: true,
      reverse: true,
      limit: 1,
    });
    return key ?? this.blockKey(offset);
  }

  private putBounds(bounds: Bounds): void {
    this.tables.partitions.putSync(this.prefix, Buffer.from(JSON.stringify(bounds)));
  }

  private blockKey(offset: number): Buffer {
    return Buffer.concat([this.prefix, uint(offset, 8)]);
  }

  private groupKey(group: string): Buffer {
    return Buffer.concat([this.prefix, Buffer.from(group)]);
  }
}

function* intoBlocks(records: readonly Uint8Array[]): Generator<Uint8Array[]> {
  let block: Uint8Array[] = [];
  let blockBytes = 0;
  for (const record of records) {
    if (block.length > 0 && blockBytes + record.length > MAX_BLOCK_BYTES) {
      yield block;
      block = [];
      blockBytes = 0;
    }
    block.push(record);
    blockBytes += record.length;
  }
  if (block.length > 0) yield block;
}

function offsetOf(blockKey: Buffer): number {
  return Number(blockKey.readBigUInt64BE(blockKey.length - 8));
}

function uint(value: number, bytes: 2 | 8): Buffer {
  const buffer = Buffer.alloc(bytes);
  if (bytes === 2) buffer.writeUInt16BE(value);
  else buffer.writeBigUInt64BE(BigInt(value));
  return buffer;
}
