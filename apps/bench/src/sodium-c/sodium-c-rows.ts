import { BATCH, makeBenchKey, newToken } from "../poprf/bench-key.ts";
import { interleave, rateOf, TURN_SECONDS } from "../table/interleave.ts";
import type { Measurement, Row } from "../table/row.ts";
import { inTemporaryDirectory } from "../temporary-directory.ts";
import { compileTokens } from "./compile-tokens.ts";

const TARGET = { leastRatio: 0.35 };

/** All that RFC 9497 asks for beside what no implementation can do without. */
export const issueCRow: Row = {
  name: "issue-c",
  what: "issue: evaluate + one proof, batch 32",
  against: "libsodium's own C, two scalar multiplications a token and nothing else",
  target: TARGET,
  async measure() {
    const { poprf, secretKey, publicKey, info } = await makeBenchKey();
    const blinded = Array.from({ length: BATCH }, () => poprf.blind(newToken(), info, publicKey).blinded);
    return besideC(
      "issue",
      rateOf(() => poprf.blindEvaluateBatch(secretKey, blinded, info), BATCH),
    );
  },
};

export const redeemCRow: Row = {
  name: "redeem-c",
  what: "redeem, token not seen before: evaluate",
  against: "libsodium's own C, SHA-512, its map to the group and one scalar multiplication a token",
  target: TARGET,
  async measure() {
    const { poprf, secretKey, info } = await makeBenchKey();
    return besideC(
      "redeem",
      rateOf(() => poprf.evaluate(secretKey, newToken(), info), 1),
    );
  },
};

function besideC(work: "issue" | "redeem", ours: () => Promise<number>): Promise<Measurement> {
  return inTemporaryDirectory(async (directory) => {
    const measureTokens = await compileTokens(directory);
    if ("missing" in measureTokens) return { notMeasured: measureTokens.missing };
    const peer = () => measureTokens(work, TURN_SECONDS);
    return { unit: "tokens/s", turns: await interleave({ ours, peer }) };
  });
}
