import { makeBenchKey, newToken } from "../poprf/bench-key.ts";
import { processorSeconds } from "../table/interleave.ts";
import { type Curve, pointOf } from "./curve.ts";

const BATCHES = [1, 4, 16, 64];
const TURNS = 7;
/** A turn: long enough for a clock, short enough for all sizes to meet the same machine. */
const TOKENS_A_TURN = 512;

/** What the issuer computes for batches of so many tokens: evaluations, and one proof of all. */
export async function measureIssueCurve(): Promise<Curve> {
  const { poprf, secretKey, publicKey, info } = await makeBenchKey();
  const length = Math.max(...BATCHES);
  const blinded = Array.from({ length }, () => poprf.blind(newToken(), info, publicKey).blinded);
  const microsecondsAToken = (batch: number) => {
    const elements = blinded.slice(0, batch);
    const before = processorSeconds();
    for (let done = 0; done < TOKENS_A_TURN; done += batch) {
      poprf.blindEvaluateBatch(secretKey, elements, info);
    }
    return ((processorSeconds() - before) * 1e6) / TOKENS_A_TURN;
  };
  microsecondsAToken(1);
  const turns = Array.from({ length: TURNS }, () => BATCHES.map(microsecondsAToken));
  const points = BATCHES.map((batch, index) =>
    pointOf(
      batch,
      turns.map((costs) => costs[index] ?? Number.NaN),
    ),
  );
  return {
    ...{ name: "issue", title: "Issue: evaluations and one proof", points },
    ...{ sizeUnit: "tokens a batch", costUnit: "µs of a core, a token" },
  };
}
