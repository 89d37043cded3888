import { randomBytes } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { UseRequest } from "@dit/storage";
import { openLmdbCounters } from "@dit/storage/counters/lmdb";
import { makeBenchKey, newToken } from "../poprf/bench-key.ts";
import { processorSeconds } from "../table/interleave.ts";
import { inTemporaryDirectory } from "../temporary-directory.ts";
import { type Curve, type CurvePoint, pointOf } from "./curve.ts";

const LIVE_TOKENS = [62_500, 250_000, 1_000_000];
const TURNS = 7;
const BATCH = 64;
const REPORTS_A_TURN = 8 * BATCH;
const FILL_BATCH = 5_000;
const DAY_SECONDS = 86_400;

/**
 * First redemptions while so many tokens are counted: an evaluation each, and for every batch one write to the embedded counters that
 * reserves, and one that confirms.
 */
export function measureRedeemCurve(): Promise<{ readonly curve: Curve; readonly bytesPerToken: number }> {
  return inTemporaryDirectory(async (path) => {
    const counters = await openLmdbCounters({ path });
    const redeem = await createRedeem(counters);
    await redeem();
    const points: CurvePoint[] = [];
    let live = 0;
    for (const size of LIVE_TOKENS) {
      for (; live < size; live += FILL_BATCH) {
        await counters.use(newUses(Math.min(FILL_BATCH, size - live)));
      }
      const costs: number[] = [];
      for (let turn = 0; turn < TURNS; turn++) costs.push(await redeem());
      points.push(pointOf(size, costs));
    }
    await counters.close();
    const curve = {
      ...{ name: "redeem", title: "Redeem and confirm, token not seen before", points },
      ...{ sizeUnit: "live tokens", costUnit: "µs of a core, a report" },
    };
    return { curve, bytesPerToken: (await bytesIn(path)) / live };
  });
}

/** Answers with microseconds a report. */
async function createRedeem(counters: Awaited<ReturnType<typeof openLmdbCounters>>) {
  const { poprf, secretKey, info } = await makeBenchKey();
  return async () => {
    const before = processorSeconds();
    for (let done = 0; done < REPORTS_A_TURN; done += BATCH) {
      const uses = newUses(BATCH);
      for (const _ of uses) poprf.evaluate(secretKey, newToken(), info);
      await counters.use(uses);
      await counters.confirm(uses);
    }
    return ((processorSeconds() - before) * 1e6) / REPORTS_A_TURN;
  };
}

function newUses(count: number): UseRequest[] {
  const expiresAtSeconds = Math.floor(Date.now() / 1_000) + DAY_SECONDS;
  return Array.from({ length: count }, () => ({
    ...{ key: randomBytes(16), member: randomBytes(8), limit: 64, expiresAtSeconds },
  }));
}

async function bytesIn(directory: string): Promise<number> {
  const names = await readdir(directory, { recursive: true });
  const stats = await Promise.all(names.map((name) => stat(join(directory, name))));
  return stats.reduce((total, { size }) => total + size, 0);
}
