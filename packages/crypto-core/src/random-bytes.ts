/**
 * A cryptographically secure source. Every function that needs randomness takes one, with the default below. It gives
 * a new array each time, which whoever asked for it may wipe.
 */
export type RandomBytes = (lengthBytes: number) => Uint8Array;

export const webCryptoRandomBytes: RandomBytes = (lengthBytes) =>
  globalThis.crypto.getRandomValues(new Uint8Array(lengthBytes));
