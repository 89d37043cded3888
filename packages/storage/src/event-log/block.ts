/**
 * What one commit appended to one partition, as one stored value: append time (ms, f64), record count (u32),
 * the length of each record (u32), the records; numbers big-endian. One value a commit keeps 2 kB records from
 * wasting half of each page.
 */
export interface Block {
  readonly appendedAtMs: number;
  readonly records: readonly Uint8Array[];
}

const HEADER_BYTES = 12;

export function encodeBlock({ appendedAtMs, records }: Block): Buffer {
  const bodyStart = HEADER_BYTES + 4 * records.length;
  const bytes = Buffer.alloc(records.reduce((sum, record) => sum + record.length, bodyStart));
  bytes.writeDoubleBE(appendedAtMs, 0);
  bytes.writeUInt32BE(records.length, 8);
  let at = bodyStart;
  records.forEach((record, index) => {
    bytes.writeUInt32BE(record.length, HEADER_BYTES + 4 * index);
    bytes.set(record, at);
    at += record.length;
  });
  return bytes;
}

/** The records are views of `bytes`. */
export function decodeBlock(bytes: Buffer): Block {
  const count = bytes.readUInt32BE(8);
  let at = HEADER_BYTES + 4 * count;
  const records = Array.from({ length: count }, (_, index) => {
    const start = at;
    at += bytes.readUInt32BE(HEADER_BYTES + 4 * index);
    return bytes.subarray(start, at);
  });
  return { appendedAtMs: bytes.readDoubleBE(0), records };
}
