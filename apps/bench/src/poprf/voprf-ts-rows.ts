import { interleave, rateOf } from "../table/interleave.ts";
import type { Row } from "../table/row.ts";
import { BATCH, makeBenchKey, newToken } from "./bench-key.ts";
import { checkSame } from "./check-same.ts";
import { createVoprfTsServer, requestOf } from "./voprf-ts.ts";

const TARGET = { leastRatio: 12 };
const UNIT = "tokens/s";

/** From a request's bytes to an answer's: 32 evaluations and one proof of all. */
export const issueRow: Row = {
  name: "issue",
  what: "issue: evaluate + one proof, batch 32",
  against: "@cloudflare/voprf-ts, POPRF server on its noble provider, ristretto255-SHA512",
  target: TARGET,
  async measure() {
    const { key, peer } = await sides();
    const { poprf, secretKey, publicKey, info } = key;
    const blinded = Array.from({ length: BATCH }, () => poprf.blind(newToken(), info, publicKey).blinded);
    const request = requestOf(blinded);
    const turns = await interleave({
      ours: rateOf(() => poprf.blindEvaluateBatch(secretKey, blinded, info), BATCH),
      peer: rateOf(() => peer.blindEvaluateBatch(request, info), BATCH),
    });
    return { unit: UNIT, turns };
  },
};

export const redeemRow: Row = {
  name: "redeem",
  what: "redeem, token not seen before: evaluate",
  against: "@cloudflare/voprf-ts, the same server's evaluate",
  target: TARGET,
  async measure() {
    const { key, peer } = await sides();
    const { poprf, secretKey, info } = key;
    const turns = await interleave({
      ours: rateOf(() => poprf.evaluate(secretKey, newToken(), info), 1),
      peer: rateOf(() => peer.evaluate(newToken(), info), 1),
    });
    return { unit: UNIT, turns };
  },
};

async function sides() {
  const key = await makeBenchKey();
  const peer = createVoprfTsServer(key.secretKey);
  await checkSame(key, peer);
  return { key, peer };
}
