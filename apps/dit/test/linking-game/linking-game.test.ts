import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { LIMITS } from "@dit/protocol";
import { describe, expect, it } from "vitest";
import { createSeededFraction } from "../support/seeded-random.ts";
import { describeResult } from "./describe-result.ts";
import { type Game, playLinkingGame } from "./linking-game.ts";
import { epochsFrom, NO_TIMING_RULES, type Setting, simulateDays } from "./simulate-days.ts";
import type { Transcript } from "./transcript.ts";

const SEED = Number(process.env.DIT_TEST_SEED ?? 20_260_101);

const shared = {
  poprf: await createLibsodiumPoprf(),
  seed: SEED,
  // One token a day: all that a client reports on that day hangs together. Nothing gives the operator more to go on.
  limits: { walletTargetTokens: 1, walletLowWaterTokens: 1 },
  usesPerToken: LIMITS.maxUsesPerToken,
  process: "resident",
} satisfies Partial<Setting>;

/** From the first day on that clients lived through whose tokens were fetched on the day before. */
const steady = (days: number) => epochsFrom(1, days);
const installation = epochsFrom(0, 1);

describe("an operator who records issuance and reports, and learns from half of the accounts whose they were", () => {
  it("tells whose reports they are no better than by guessing", async () => {
    const days = 7;
    const transcript = await simulateDays({ ...shared, clients: 280, days, timing: {} });
    const linked = play("timing rules on", transcript, { epochs: steady(days), pairedBy: "epoch" });
    expect(Math.abs(linked.auc - 0.5)).toBeLessThanOrEqual(0.02);
    expect(linked.standardError).toBeLessThan(0.01);
    // Not promised to be guessing: what is issued on a day is for the next one, but a device that is off at night neither fetches nor reports.
    const sameDay = play("timing rules on, issued on the reports' day", transcript, {
      epochs: steady(days),
      pairedBy: "day",
    });
    expect(sameDay.auc).toBeLessThan(0.55);
    // Not promised: on that day tokens are issued when they are needed.
    play("timing rules on, day of the installation", transcript, { epochs: installation, pairedBy: "epoch" });
  }, 300_000);

  it("does better with the timing rules off, and no better once the accounts are shuffled", async () => {
    const days = 4;
    const transcript = await simulateDays({ ...shared, clients: 120, days, timing: NO_TIMING_RULES });
    const game = { epochs: steady(days), pairedBy: "epoch" } as const;
    const linked = play("timing rules off", transcript, game);
    expect(linked.auc - 2.58 * linked.standardError).toBeGreaterThan(0.54);
    const nothing = play("timing rules off, accounts shuffled", withShuffledAccounts(transcript), game);
    expect(Math.abs(nothing.auc - 0.5)).toBeLessThan(3 * nothing.standardError);
    const first = play("timing rules off, day of the installation", transcript, {
      ...game,
      epochs: installation,
    });
    expect(first.auc).toBeGreaterThan(0.9);
  }, 300_000);
});

function play(what: string, transcript: Transcript, game: Omit<Game, "seed">) {
  const result = playLinkingGame(transcript, { ...game, seed: SEED });
  process.stdout.write(describeResult(`seed ${SEED}: ${what}`, result));
  return result;
}

/** Issuances change hands: whatever is still found would be the judge's own mistake. */
function withShuffledAccounts(transcript: Transcript): Transcript {
  const random = createSeededFraction(`accounts ${SEED}`);
  const drawn = transcript.issuances.map(({ account }) => ({ account, key: random() }));
  const accounts = drawn.sort((a, b) => a.key - b.key).map(({ account }) => account);
  const issuances = transcript.issuances.map((each, i) => ({
    ...each,
    account: accounts[i] ?? each.account,
  }));
  return { ...transcript, issuances };
}
