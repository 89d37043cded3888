import { randomBytes } from "node:crypto";
import { credentialInfo } from "@dit/crypto-core";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";

/** Tokens of one request, as DESIGN's row has it. */
export const BATCH = 32;

/** A key, and the POPRF that ACS runs on. */
export async function makeBenchKey() {
  const poprf = await createLibsodiumPoprf();
  const info = credentialInfo({
    environment: "bench",
    useCase: "bench",
    keyVersion: 1,
    epochSeconds: 86_400,
    epoch: 20_000,
  });
  return { poprf, info, ...poprf.generateKeyPair() };
}

export type BenchKey = Awaited<ReturnType<typeof makeBenchKey>>;

export function newToken(): Uint8Array {
  return new Uint8Array(randomBytes(32));
}
