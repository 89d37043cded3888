import { randomBytes } from "node:crypto";
import { credentialInfo } from "@dit/crypto-core";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";

const WARM_UP = 200;
const EVALUATIONS = 2_000;

/** Processor time of one POPRF evaluation, nearly all that a redemption costs. */
export async function evaluationSeconds(): Promise<number> {
  const poprf = await createLibsodiumPoprf();
  const { secretKey } = poprf.generateKeyPair();
  const info = credentialInfo({
    environment: "bench",
    useCase: "bench",
    keyVersion: 1,
    epochSeconds: 86_400,
    epoch: 20_000,
  });
  const run = (times: number) => {
    for (let index = 0; index < times; index++) poprf.evaluate(secretKey, randomBytes(32), info);
  };
  run(WARM_UP);
  const before = process.cpuUsage();
  run(EVALUATIONS);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6 / EVALUATIONS;
}
