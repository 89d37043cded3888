/**
 * What one commit appended to one partition, as one stored value: record count (u32), the length of each record
 * (u32), the records; numbers big-endian. One value a commit keeps 2 kB records from wasting half of each page.
 */
const COUNT_BYTES = 4;

export function encodeBlock(records: readonly Uint8Array[]): Buffer {
  const bodyStart = COUNT_BYTES + 4 * records.length;
  const bytes = Buffer.alloc(records.reduce((sum, record) => sum + record.length, bodyStart));
  bytes.writeUInt32BE(records.length);
  let at = bodyStart;
  records.forEach((record, index) => {
    bytes.writeUInt32BE(record.length, COUNT_BYTES + 4 * index);
    bytes.set(record, at);
    at += record.length;
  });
  return bytes;
}

/** The records are views of `bytes`. */
export function decodeBlock(bytes: Buffer): Buffer[] {
  const count = bytes.readUInt32BE();
  let at = COUNT_BYTES + 4 * count;
  return Array.from({ length: count }, (_, index) => {
    const start = at;
    at += bytes.readUInt32BE(COUNT_BYTES + 4 * index);
    return bytes.subarray(start, at);
  });
}
