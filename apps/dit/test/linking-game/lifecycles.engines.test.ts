import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { describe, expect, it } from "vitest";
import { describeResult } from "./describe-result.ts";
import { type Game, playLinkingGame } from "./linking-game.ts";
import { epochsFrom, NO_TIMING_RULES, type Setting, simulateDays } from "./simulate-days.ts";
import type { Transcript } from "./transcript.ts";

const SEED = Number(process.env.DIT_TEST_SEED ?? 20_260_101);
const DAYS = 5;

const shared = {
  poprf: await createLibsodiumPoprf(),
  seed: SEED,
  days: DAYS,
  timing: {},
  limits: {},
  usesPerToken: 64,
  process: "resident",
} satisfies Partial<Setting>;

describe("the linking game with the SDK's own numbers of tokens", () => {
  it("is no better than guessing where the app stays alive", async () => {
    const transcript = await simulateDays({ ...shared, clients: 800 });
    const { auc, standardError } = play("app stays alive", transcript, "epoch");
    expect(standardError).toBeLessThan(0.0075);
    expect(Math.abs(auc - 0.5)).toBeLessThanOrEqual(0.02);
    const sameDay = play("app stays alive, issued on the reports' day", transcript, "day");
    expect(sameDay.auc).toBeLessThan(0.55);
  });

  /** Not promised to be guessing: such an app fetches and reports in the same few minutes of the day, by its user's habits. */
  it("is harder with the timing rules than without where the app lives only while it is used", async () => {
    const setting = { ...shared, clients: 300, process: "visits" } as const;
    const on = await simulateDays(setting);
    const off = await simulateDays({ ...setting, timing: NO_TIMING_RULES });
    const withRules = play("app lives in visits", on, "epoch");
    const without = play("app lives in visits, timing rules off", off, "epoch");
    expect(withRules.auc).toBeLessThan(without.auc - 0.05);
    play("app lives in visits, issued on the reports' day", on, "day");
    play("app lives in visits, timing rules off, issued on the reports' day", off, "day");
  });

  /** Not promised to be guessing: another fetch within the day says that much was reported just before. */
  it("is harder with the timing rules than without for clients that use up a day's tokens", async () => {
    const setting = { ...shared, clients: 150, usesPerToken: 4, limits: { walletTargetTokens: 2 } };
    const on = await simulateDays(setting);
    const off = await simulateDays({ ...setting, timing: NO_TIMING_RULES });
    const withRules = play("tokens used up", on, "epoch");
    const without = play("tokens used up, timing rules off", off, "epoch");
    expect(withRules.auc).toBeLessThan(without.auc - 0.05);
  });
});

function play(what: string, transcript: Transcript, pairedBy: Game["pairedBy"]) {
  const result = playLinkingGame(transcript, { epochs: epochsFrom(1, DAYS), pairedBy, seed: SEED });
  process.stdout.write(describeResult(`seed ${SEED}: ${what}`, result));
  return result;
}
