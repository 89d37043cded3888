import { randomBytes } from "node:crypto";
import {
  credentialInfo,
  deriveMacKey,
  epochAt,
  type MacKey,
  reportMac,
  token,
  transcriptDigestBytes,
} from "@dit/crypto-core";
import { INGEST_LIMITS } from "@dit/ingest";
import { interleave, processorSeconds } from "../table/interleave.ts";
import type { Row } from "../table/row.ts";
import { inTemporaryDirectory } from "../temporary-directory.ts";
import { BENCH_ENVIRONMENT, BENCH_USE_CASE, type OpenAcs, openAcs } from "./open-acs.ts";

const TOKENS = 512;
/** Uses of each token in a turn, beyond the first. */
const AGAIN = 8;
const EPOCH_SECONDS = 86_400;
/** As many as ingest sends at once. */
const BATCH = INGEST_LIMITS.redeemMaxItems;

/** MAC check and counter included, each time: what differs is whether ACS has met the token before. */
export const redeemAgainRow: Row = {
  name: "redeem-again",
  what: "redeem, token seen before",
  against:
    "the first redemption of a token: ACS's own redeem with counters in LMDB, 64 reports at once, both",
  target: { leastRatio: 20 },
  measure: () =>
    inTemporaryDirectory(async (directory) => {
      const open = await openAcs(directory);
      try {
        return { unit: "reports/s", turns: await measureTurns(open) };
      } finally {
        await open.close();
      }
    }),
};

interface BenchToken {
  readonly token: Uint8Array;
  readonly macKey: MacKey;
}

async function measureTurns(open: OpenAcs) {
  let seen: readonly BenchToken[] = [];
  const redeemFirst = async () => {
    const tokens = Array.from({ length: TOKENS }, () => newToken(open));
    const rate = await redeemAll(open, tokens);
    seen = tokens;
    return rate;
  };
  await redeemFirst();
  const redeemAgain = () => redeemAll(open, Array.from({ length: AGAIN }, () => seen).flat());
  return interleave({ ours: redeemAgain, peer: redeemFirst });
}

/** Reports a second; none may be refused. */
async function redeemAll({ acs, keyVersion }: OpenAcs, tokens: readonly BenchToken[]): Promise<number> {
  const items = tokens.map((each) => itemOf(each, keyVersion));
  const startedAt = processorSeconds();
  for (let at = 0; at < items.length; at += BATCH) {
    const { results } = await acs.redeem(items.slice(at, at + BATCH));
    if (results.some(({ outcome }) => outcome !== "reserved")) throw new Error("a redemption is refused");
  }
  return items.length / (processorSeconds() - startedAt);
}

/** A report that was never seen, as it comes out of a request. */
function itemOf({ token: tokenBytes, macKey }: BenchToken, keyVersion: number) {
  const transcript = new Uint8Array(randomBytes(32));
  const mac = reportMac(macKey, transcriptDigestBytes(transcript));
  return {
    ...{ useCase: BENCH_USE_CASE, keyVersion, epoch: currentEpoch(), transcript },
    ...{ token: new Uint8Array(tokenBytes), mac: new Uint8Array(mac) },
  };
}

function newToken({ poprf, secretKey, keyVersion }: OpenAcs): BenchToken {
  const drawn = token(new Uint8Array(randomBytes(32)));
  const info = credentialInfo({
    environment: BENCH_ENVIRONMENT,
    useCase: BENCH_USE_CASE,
    keyVersion,
    epochSeconds: EPOCH_SECONDS,
    epoch: currentEpoch(),
  });
  return { token: drawn, macKey: deriveMacKey(poprf.evaluate(secretKey, drawn, info)) };
}

function currentEpoch(): number {
  return epochAt(Date.now() / 1_000, EPOCH_SECONDS);
}
