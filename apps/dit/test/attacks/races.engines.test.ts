import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freshCredential } from "./support/account-client.ts";
import { type Deployment, startDeployment } from "./support/deployment.ts";
import { reportBody, send, signReport } from "./support/reports.ts";
import { startAcsProcess } from "./support/start-acs-process.ts";
import { CONCURRENT_USES, inProcess, overHttp, raceTokens, type Tally, tally } from "./support/token-race.ts";
import { USES_PER_TOKEN } from "./support/use-cases.ts";

const REFUSED = CONCURRENT_USES - USES_PER_TOKEN;
const EXACTLY = { reserved: USES_PER_TOKEN, token_exhausted: REFUSED };

let deployment: Deployment;

beforeAll(async () => {
  deployment = await startDeployment();
});
afterAll(() => deployment.stop());

/** All rounds must be exact; says how many there were. */
function expectExact(what: string, tallies: readonly Tally[], exactly: Tally, startedMs: number): void {
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  process.stdout.write(`${what}: ${tallies.length} rounds of ${CONCURRENT_USES} uses in ${seconds} s\n`);
  for (const each of tallies) expect(each).toEqual(exactly);
}

describe("one token, 500 uses at once over several instances: exactly the limit, every time", () => {
  // Without sockets: what races are the instances' transactions on the counters, and a socket would space them out.
  it("1,000 rounds at two instances", { timeout: 30 * 60_000 }, async () => {
    const started = performance.now();
    const tallies = await raceTokens(deployment, deployment.acs.map(inProcess), 1_000);
    expectExact("two instances", tallies, EXACTLY, started);
  });

  it("200 rounds at three instances in two processes", async () => {
    const started = performance.now();
    const other = await startAcsProcess(deployment);
    const tallies = await raceTokens(
      deployment,
      [...deployment.acs.map(inProcess), overHttp(other.url)],
      200,
    );
    await other.stop();
    expectExact("three instances in two processes", tallies, EXACTLY, started);
  });

  it("30 rounds as reports through two edges and ingests", async () => {
    const started = performance.now();
    const expected = { accepted: USES_PER_TOKEN, token_exhausted: REFUSED };
    const tallies: Tally[] = [];
    for (let round = 0; round < 30; round++) {
      const credential = await freshCredential(deployment);
      const reports = Array.from({ length: CONCURRENT_USES }, (_, n) =>
        signReport(deployment, credential, reportBody(deployment, n)),
      );
      const answers = await Promise.all(
        reports.map((each, n) => send(deployment, each, n % 2 === 0 ? 0 : 1)),
      );
      tallies.push(tally(answers.map(({ code }) => code)));
    }
    expectExact("two edges and ingests", tallies, expected, started);
    expect(await deployment.reportsInLog()).toBe(30 * USES_PER_TOKEN);
  });
});
