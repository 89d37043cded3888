import { describe, expect, it } from "vitest";
import { makeBenchKey } from "./bench-key.ts";
import { checkSame } from "./check-same.ts";
import { createVoprfTsServer } from "./voprf-ts.ts";

describe("checkSame", async () => {
  const key = await makeBenchKey();
  const peer = createVoprfTsServer(key.secretKey);
  const other = createVoprfTsServer(key.poprf.generateKeyPair().secretKey);

  it("lets two pass that do the same", async () => {
    await checkSame(key, peer);
  });

  it("refuses a peer that evaluates to something else", async () => {
    await expect(checkSame(key, { ...peer, evaluate: other.evaluate })).rejects.toThrow("other outputs");
  });

  it("refuses a peer that issues under another key", async () => {
    const issuing = { ...peer, blindEvaluateBatch: other.blindEvaluateBatch };
    await expect(checkSame(key, issuing)).rejects.toMatchObject({ code: "proof_invalid" });
  });

  it("refuses us where a voprf-ts client cannot check our proof", async () => {
    const issuer = { ...key.poprf, blindEvaluateBatch: withOtherProof(key) };
    await expect(checkSame({ ...key, poprf: issuer }, peer)).rejects.toThrow();
  });
});

/** Right evaluations, and the proof of another batch. */
function withOtherProof({ poprf, publicKey }: Awaited<ReturnType<typeof makeBenchKey>>) {
  return ((secretKey, blinded, info) => {
    const stranger = poprf.blind(new Uint8Array(32), info, publicKey);
    const { proof } = poprf.blindEvaluateBatch(secretKey, [stranger.blinded], info);
    return { ...poprf.blindEvaluateBatch(secretKey, blinded, info), proof };
  }) satisfies typeof poprf.blindEvaluateBatch;
}
