/** A body is sent in one of these sizes, so that its length says little about what is in it. */
export const REPORT_SIZE_BUCKETS_BYTES = [1024, 2048, 4096, 8192, 16_384, 32_768, 65_536] as const;

const GZIP_HEADER_BYTES = 10;
/** Header, an empty deflate block, CRC-32 and length. */
const SHORTEST_MEMBER_BYTES = 20;
const FLG_OFFSET = 3;
/** RFC 1952 section 2.3.1: FLG bit 2 announces an "extra field" behind the header. */
const FEXTRA = 0x04;
/** XLEN (2 bytes), then one subfield: two id bytes and its length. */
const EXTRA_OVERHEAD_BYTES = 6;

/** The smallest bucket that holds a padded body of at least `lengthBytes`, or undefined if none does. */
export function paddedLength(lengthBytes: number): number | undefined {
  return REPORT_SIZE_BUCKETS_BYTES.find((bucket) => bucket >= lengthBytes);
}

/**
 * Pads a gzip member to a size bucket with an RFC 1952 extra field (subfield id "DT"), which every decoder skips. Padding
 * before compression would vanish in it. Returns undefined if no bucket is large enough, or if `member` is not a gzip member
 * without optional fields, which is what compressors write.
 */
export function gzipPaddedTo(member: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const total = paddedLength(member.length + EXTRA_OVERHEAD_BYTES);
  if (total === undefined || !isPlainMember(member)) return undefined;
  const paddingBytes = total - member.length - EXTRA_OVERHEAD_BYTES;
  const padded = new Uint8Array(total);
  padded.set(member.subarray(0, GZIP_HEADER_BYTES));
  padded[FLG_OFFSET] = FEXTRA;
  const view = new DataView(padded.buffer);
  view.setUint16(GZIP_HEADER_BYTES, paddingBytes + 4, true);
  padded.set([0x44, 0x54], GZIP_HEADER_BYTES + 2);
  view.setUint16(GZIP_HEADER_BYTES + 4, paddingBytes, true);
  padded.set(member.subarray(GZIP_HEADER_BYTES), GZIP_HEADER_BYTES + EXTRA_OVERHEAD_BYTES + paddingBytes);
  return padded;
}

/** RFC 1952 section 2.3.1: ID1 and ID2, and no flag that announces a field where the padding would go. */
function isPlainMember(member: Uint8Array): boolean {
  return (
    member.length >= SHORTEST_MEMBER_BYTES &&
    member[0] === 0x1f &&
    member[1] === 0x8b &&
    member[FLG_OFFSET] === 0
  );
}
