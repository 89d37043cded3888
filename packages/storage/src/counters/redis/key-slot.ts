export const CLUSTER_SLOTS = 16_384;

const POLYNOMIAL = 0x1021;
const HIGH_BIT = 0x8000;
const BITS_OF_CRC = 0xffff;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

/**
 * The slot of a cluster that keeps a key: CRC-16 (XMODEM) of it, or of what is between its first `{` and the next `}` where that is not
 * empty, as the cluster specification has it. A counter's bytes may well hold braces: Redis looks at them too.
 */
export function keySlot(key: Buffer): number {
  const open = key.indexOf(BRACE_OPEN);
  const close = open < 0 ? -1 : key.indexOf(BRACE_CLOSE, open + 1);
  return crc16(close > open + 1 ? key.subarray(open + 1, close) : key) % CLUSTER_SLOTS;
}

function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc & HIGH_BIT) === 0 ? crc << 1 : (crc << 1) ^ POLYNOMIAL;
    }
    crc &= BITS_OF_CRC;
  }
  return crc;
}
