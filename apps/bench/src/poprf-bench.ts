import { randomBytes } from "node:crypto";
import { createNoblePoprf, credentialInfo, type Element, type Poprf } from "@dit/crypto-core";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import type { Comparison } from "./comparison.ts";

const BATCH = 32;

/** What the issuer and redeemer do, on libsodium (which they use) against noble (which clients use). */
export async function poprfComparisons(): Promise<Comparison[]> {
  const sodium = await createLibsodiumPoprf();
  const noble = createNoblePoprf();
  const { secretKey, publicKey } = sodium.generateKeyPair();
  const info = credentialInfo({
    environment: "bench",
    useCase: "bench",
    keyVersion: 1,
    epochSeconds: 86_400,
    epoch: 20_000,
  });
  const blinded: Element[] = Array.from(
    { length: BATCH },
    () => sodium.blind(randomBytes(32), info, publicKey).blinded,
  );
  const redeem = (poprf: Poprf) => () => {
    for (let i = 0; i < BATCH; i++) poprf.evaluate(secretKey, randomBytes(32), info);
  };
  const issue = (poprf: Poprf) => () => {
    poprf.blindEvaluateBatch(secretKey, blinded, info);
  };
  return [
    {
      name: "redeem: evaluate",
      unit: "evaluations/s",
      perRun: BATCH,
      ours: redeem(sodium),
      peer: redeem(noble),
      peerName: "noble",
      target: 6,
    },
    {
      name: "issue: evaluate + proof, batch 32",
      unit: "tokens/s",
      perRun: BATCH,
      ours: issue(sodium),
      peer: issue(noble),
      peerName: "noble",
      target: 6,
    },
  ];
}
