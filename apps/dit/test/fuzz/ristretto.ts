/** ristretto255's decoding by RFC 9496 section 4.3.1, in whole numbers: slow, and by its definition. */

const P = 2n ** 255n - 19n;
const D = mod(-121665n * power(121666n, P - 2n));
const SQRT_M1 = power(2n, (P - 1n) / 4n);

/** Whether 32 bytes are the one encoding of an element other than the identity. */
export function isElement(bytes: Uint8Array): boolean {
  if (bytes.length !== 32) return false;
  const s = BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
  if (s >= P || s % 2n === 1n || s === 0n) return false;
  const u1 = mod(1n - s * s);
  const u2 = mod(1n + s * s);
  const v = mod(-(D * u1 * u1) - u2 * u2);
  const root = inverseSquareRoot(mod(v * u2 * u2));
  if (root === undefined) return false;
  const x = absolute(2n * s * root * u2);
  const y = mod(u1 * root * root * u2 * v);
  return y !== 0n && !isNegative(mod(x * y));
}

function inverseSquareRoot(square: bigint): bigint | undefined {
  // 1/square is u^2 for a u of the form square^((p-5)/8 ...), up to a fourth root of unity.
  const candidate = mod(power(square, 3n) * power(power(square, 7n), (P - 5n) / 8n));
  return [candidate, mod(candidate * SQRT_M1)].find((root) => mod(square * root * root) === 1n);
}

function mod(value: bigint): bigint {
  return ((value % P) + P) % P;
}

function isNegative(value: bigint): boolean {
  return value % 2n === 1n;
}

function absolute(value: bigint): bigint {
  const reduced = mod(value);
  return isNegative(reduced) ? mod(-reduced) : reduced;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = mod(base);
  for (let rest = exponent; rest > 0n; rest /= 2n) {
    if (rest % 2n === 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}
