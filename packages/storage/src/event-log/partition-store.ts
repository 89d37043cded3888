import type { LmdbEnvironment } from "../lmdb/environment.ts";
import { decodeBlock, encodeBlock } from "./block.ts";
import type { CommittedOffset, LogRecord } from "./event-log.ts";
import { offsetKey, offsetOf, type SegmentTable } from "./segment-table.ts";

export type EventLogTables = LmdbEnvironment<
  "topics" | "partitions" | "segments" | "blocks" | "groups"
>["tables"];

/** Where all partitions lie. */
export interface EventLogFiles {
  readonly tables: EventLogTables;
  readonly segments: SegmentTable;
}

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
  private readonly segments: SegmentTable;
  private readonly prefix: Buffer;

  constructor({ tables, segments }: EventLogFiles, topicId: string, partition: number) {
    this.tables = tables;
    this.segments = segments;
    this.partition = partition;
    this.prefix = Buffer.concat([Buffer.from(topicId, "hex"), Buffer.of(partition >> 8, partition & 0xff)]);
  }

  bounds(): Bounds {
    const stored = this.tables.partitions.get(this.prefix);
    return stored === undefined ? { start: 0, end: 0 } : (JSON.parse(stored.toString()) as Bounds);
  }

  append(records: readonly Uint8Array[], nowMs: number): void {
    const { start, end } = this.bounds();
    const slot = this.segments.current(this.prefix, end, nowMs);
    let offset = end;
    for (const block of intoBlocks(records)) {
      const key = this.blockKey(offset);
      this.tables.blocks.putSync(key, this.segments.seal(slot, encodeBlock(block), key));
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
      for (const record of decodeBlock(this.segments.unseal(value, key))) {
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
   * Removes at most `maxBlocks` blocks of the oldest segment, and the segment with its last block, if all of it was
   * appended before `beforeMs` and every group that ever committed has passed it; where none has, only if nobody is expected to (`isUnread`).
   * Whether anything was removed.
   */
  trim(beforeMs: number, maxBlocks: number, isUnread: boolean): boolean {
    const { start, end } = this.bounds();
    const [oldest, next] = this.segments.oldest(this.prefix);
    const segmentEnd = next?.firstOffset ?? end;
    if (oldest === undefined || oldest.endsAtMs > beforeMs || segmentEnd > this.leastCommitted(isUnread))
      return false;
    const keys = [
      ...this.tables.blocks.getKeys({
        start: this.blockKey(start),
        end: this.blockKey(segmentEnd),
        limit: maxBlocks + 1,
      }),
    ];
    const firstKept = keys[maxBlocks];
    for (const key of keys.slice(0, maxBlocks)) this.tables.blocks.removeSync(key);
    if (firstKept === undefined) this.segments.remove(this.prefix, oldest);
    this.putBounds({ start: firstKept === undefined ? segmentEnd : offsetOf(firstKept), end });
    return true;
  }

  private leastCommitted(isUnread: boolean): number {
    const offsets = [
      ...this.tables.groups.getRange({
        start: this.prefix,
        end: Buffer.concat([this.prefix, Buffer.of(0xff)]),
      }),
    ].map(({ value }) => (JSON.parse(value.toString()) as CommittedOffset).offset);
    if (offsets.length === 0) return isUnread ? Number.POSITIVE_INFINITY : 0;
    return Math.min(...offsets);
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
    return offsetKey(this.prefix, offset);
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
