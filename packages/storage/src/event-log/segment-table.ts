import { randomBytes } from "node:crypto";
import type { KeySlots } from "../keys/key-slots.ts";
import { NONCE_BYTES, seal, unseal } from "../keys/sealing.ts";
import type { Table } from "../lmdb/environment.ts";

/** The records of one partition from `firstOffset` up to the next segment: sealed under one key, removed together. */
export interface Segment {
  readonly firstOffset: number;
  readonly slot: number;
  readonly startedAtMs: number;
  /** What is appended from then on goes into another segment. */
  readonly endsAtMs: number;
}

const SLOT_BYTES = 4;

/**
 * Segments in an LMDB table, each with a key of its own among the slots: when the segment has been removed, so is
 * its key, and what is left of it in the file's free pages can be read by nobody. Its key is a partition's prefix
 * and the first offset. Every method runs inside a transaction.
 */
export class SegmentTable {
  private readonly table: Table;
  private readonly keys: KeySlots;
  private readonly segmentMs: number;

  constructor(table: Table, keys: KeySlots, segmentMs: number) {
    this.table = table;
    this.keys = keys;
    this.segmentMs = segmentMs;
  }

  /**
   * Where to seal what is appended now, from `offset` on. The key of a new segment is on disk before anything
   * sealed under it can be.
   */
  current(prefix: Buffer, offset: number, nowMs: number): number {
    const [last] = this.inOrder(prefix, { reverse: true, limit: 1 });
    if (last !== undefined && nowMs >= last.startedAtMs && nowMs < last.endsAtMs) return last.slot;
    const { slot } = this.keys.add();
    this.keys.flush();
    const segment = { slot, startedAtMs: nowMs, endsAtMs: nowMs + this.segmentMs };
    this.table.putSync(offsetKey(prefix, offset), Buffer.from(JSON.stringify(segment)));
    return slot;
  }

  /** The first two. */
  oldest(prefix: Buffer): Segment[] {
    return this.inOrder(prefix, { reverse: false, limit: 2 });
  }

  remove(prefix: Buffer, { firstOffset }: Segment): void {
    this.table.removeSync(offsetKey(prefix, firstOffset));
  }

  /** A sealed block: its segment's slot (u32, big-endian), the nonce, the ciphertext. */
  seal(slot: number, block: Buffer, context: Buffer): Buffer {
    const header = Buffer.alloc(SLOT_BYTES);
    header.writeUInt32BE(slot);
    // Drawn, not counted: a transaction that was undone may have left a block of the same offset on the disk.
    const nonce = randomBytes(NONCE_BYTES);
    return Buffer.concat([header, nonce, ...seal(block, { key: this.keys.read(slot), nonce, context })]);
  }

  unseal(sealed: Buffer, context: Buffer): Buffer {
    const nonce = sealed.subarray(SLOT_BYTES, SLOT_BYTES + NONCE_BYTES);
    const key = this.keys.read(sealed.readUInt32BE());
    return unseal(sealed.subarray(SLOT_BYTES + NONCE_BYTES), { key, nonce, context });
  }

  /**
   * Overwrites the keys of segments that are gone. Only in a transaction of its own: what another operation has
   * removed in this one might still be undone.
   */
  shred(): void {
    const segments = [...this.table.getRange()].map(({ key, value }) => segmentOf(key, value));
    this.keys.shredAllBut(new Set(segments.map(({ slot }) => slot)));
  }

  private inOrder(prefix: Buffer, options: { readonly reverse: boolean; readonly limit: number }): Segment[] {
    const [first, last] = [offsetKey(prefix, 0), offsetKey(prefix, Number.MAX_SAFE_INTEGER)];
    const [start, end] = options.reverse ? [last, first] : [first, last];
    return [...this.table.getRange({ start, end, inclusiveEnd: true, ...options })].map(({ key, value }) =>
      segmentOf(key, value),
    );
  }
}

/** The key of what begins at an offset of a partition. */
export function offsetKey(prefix: Buffer, offset: number): Buffer {
  const key = Buffer.concat([prefix, Buffer.alloc(8)]);
  key.writeBigUInt64BE(BigInt(offset), prefix.length);
  return key;
}

export function offsetOf(key: Buffer): number {
  return Number(key.readBigUInt64BE(key.length - 8));
}

function segmentOf(key: Buffer, value: Buffer): Segment {
  return { firstOffset: offsetOf(key), ...(JSON.parse(value.toString()) as Omit<Segment, "firstOffset">) };
}
