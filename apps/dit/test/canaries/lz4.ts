const MIN_MATCH_BYTES = 4;
const LONG = 15;
const CONTINUED = 255;

/** One LZ4 block (lz4_Block_format.md), the default of ClickHouse. Throws RangeError for anything else. */
export function decodeLz4(packed: Buffer, plainBytes: number): Buffer {
  const plain = Buffer.alloc(plainBytes);
  let from = 0;
  let to = 0;
  const byte = () => packed.readUInt8(from++);
  const length = (short: number) => {
    let total = short;
    for (let more = short === LONG ? CONTINUED : 0; more === CONTINUED; total += more) more = byte();
    return total;
  };
  while (from < packed.length) {
    const sequence = byte();
    const literals = length(sequence >> 4);
    to += packed.copy(plain, to, from, from + literals);
    from += literals;
    if (from >= packed.length) break;
    const distance = byte() | (byte() << 8);
    if (distance === 0 || distance > to) throw new RangeError("no LZ4 block");
    const end = to + length(sequence & LONG) + MIN_MATCH_BYTES;
    if (end > plainBytes) throw new RangeError("no LZ4 block");
    // Byte by byte: a match may reach into what it is writing.
    for (; to < end; to += 1) plain[to] = plain[to - distance] ?? 0;
  }
  if (to !== plainBytes) throw new RangeError("no LZ4 block");
  return plain;
}
