/** A cryptographically secure source. Every function that needs randomness takes one, with this default. */
export type RandomBytes = (lengthBytes: number) => Uint8Array;

export const webCryptoRandomBytes: RandomBytes = (lengthBytes) =>
  globalThis.crypto.getRandomValues(new Uint8Array(lengthBytes));
