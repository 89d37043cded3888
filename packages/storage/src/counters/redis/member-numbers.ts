const MEMBER_BYTES = 8;

/**
 * The numbers a member has in a counter's set, reserved and confirmed: its 64 bits but for the last, which says which of the two it is.
 * Members are keyed hashes: that two of one counter differ in that bit alone does not happen (one in 2^63 a pair).
 */
export function memberNumbers(member: Uint8Array): readonly [reserved: string, confirmed: string] {
  if (member.length !== MEMBER_BYTES) throw new RangeError(`counters: a member has ${MEMBER_BYTES} bytes`);
  const number = new DataView(member.buffer, member.byteOffset).getBigInt64(0);
  return [String(number & ~1n), String(number | 1n)];
}
