import type { Credential } from "@dit/crypto-core";
import { describe, expect, it } from "vitest";
import { type Answer, ATTACKS, type AttackTools } from "./attacks.ts";
import { isAnsweredAsItMust } from "./hostile-client.ts";
import { simulatedUseCase } from "./use-case.ts";

/** A service that answers every report as `answer` says, `number` being how many came before. */
function toolsAgainst(answer: (number: number) => Answer): AttackTools {
  let sent = 0;
  let accepted = 0;
  return {
    credential: {
      keyVersion: 1,
      epoch: 1,
      token: new Uint8Array(32),
      macKey: new Uint8Array(32),
    } as Credential,
    sign: () => "",
    body: () => new Uint8Array(),
    bodyOf: () => new Uint8Array(),
    async send() {
      const given = answer(sent++);
      if (given === "accepted") accepted += 1;
      return given;
    },
    acceptedReports: () => accepted,
  };
}

describe("an attack", () => {
  it.each(Object.entries(ATTACKS).filter(([, { expected }]) => expected !== "accepted"))(
    "%s is a surprise where everything is accepted",
    async (_, { expected, run }) => {
      expect(isAnsweredAsItMust(expected, await run(toolsAgainst(() => "accepted")))).toBe(false);
    },
  );

  it("replay is a surprise where the second is refused", async () => {
    const { expected, run } = ATTACKS.replay ?? expect.fail("there is no such attack");
    const answers = await run(toolsAgainst((number) => (number === 0 ? "accepted" : "credential_invalid")));
    expect(isAnsweredAsItMust(expected, answers)).toBe(false);
  });

  it.each<[string, number, boolean]>([
    ["at the limit", 0, true],
    ["one use late", 1, false],
  ])("over_use, with the refusals beginning %s", async (_, tooMany, asItMust) => {
    const { expected, run } = ATTACKS.over_use ?? expect.fail("there is no such attack");
    const limit = simulatedUseCase.usesPerToken + tooMany;
    const answers = await run(toolsAgainst((number) => (number < limit ? "accepted" : "token_exhausted")));
    expect(isAnsweredAsItMust(expected, answers)).toBe(asItMust);
  });

  it("that nobody answered says nothing", () => {
    expect(isAnsweredAsItMust("token_exhausted", ["unreachable", "overloaded"])).toBe(true);
  });
});
