import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { askForTokens, freshCredential, prepareRequest } from "./support/account-client.ts";
import { type Deployment, startDeployment } from "./support/deployment.ts";
import { reportBody, send, signReport, useOnce } from "./support/reports.ts";
import { startAcsProcess } from "./support/start-acs-process.ts";
import { CONCURRENT_USES, inProcess, overHttp, raceTokens, tally } from "./support/token-race.ts";
import { QUOTA, USES_PER_TOKEN } from "./support/use-cases.ts";

// Real services on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const EXACTLY = { reserved: USES_PER_TOKEN, token_exhausted: CONCURRENT_USES - USES_PER_TOKEN };

let deployment: Deployment;

beforeAll(async () => {
  deployment = await startDeployment({ warehouse: true });
});
afterAll(() => deployment.stop());

async function rowsOf(reportIds: readonly string[]): Promise<number> {
  await deployment.settled();
  const [counted] =
    (await deployment.warehouse?.query<{ rows: string | number }>(
      `SELECT count() AS rows FROM dit.messaging__delivered
       WHERE has({reportIds:Array(String)}, replaceAll(toString(report_id), '-', ''))`,
      { reportIds },
    )) ?? [];
  return Number(counted?.rows);
}

describe("one token, 500 uses at once over two instances: exactly the limit", () => {
  it("20 rounds at ACS", async () => {
    const tallies = await raceTokens(deployment, deployment.acs.map(inProcess), 20);
    expect(tallies).toEqual(Array(20).fill(EXACTLY));
  });

  it("10 rounds where one instance is another process", async () => {
    const other = await startAcsProcess(deployment);
    const redeemers = [inProcess(deployment.acs[0]), overHttp(other.url)];
    const tallies = await raceTokens(deployment, redeemers, 10);
    await other.stop();
    expect(tallies).toEqual(Array(10).fill(EXACTLY));
  });

  it("as reports through two edges and ingests, and as many rows", async () => {
    const credential = await freshCredential(deployment);
    const reports = Array.from({ length: CONCURRENT_USES }, (_, n) =>
      signReport(deployment, credential, reportBody(deployment, n)),
    );
    const logged = await deployment.reportsInLog();
    const answers = await Promise.all(
      reports.map((report, n) => send(deployment, report, n % 2 === 0 ? 0 : 1)),
    );
    expect(tally(answers.map(({ code }) => code))).toEqual({
      accepted: USES_PER_TOKEN,
      token_exhausted: CONCURRENT_USES - USES_PER_TOKEN,
    });
    expect((await deployment.reportsInLog()) - logged).toBe(USES_PER_TOKEN);
    const accepted = reports.filter((_, n) => answers[n]?.code === "accepted");
    expect(await rowsOf(accepted.map(({ reportId }) => reportId))).toBe(USES_PER_TOKEN);
    expect(await rowsOf(reports.map(({ reportId }) => reportId))).toBe(USES_PER_TOKEN);
  });
});

it("one report, 200 times at once through two ingests: always accepted, one use, one row", async () => {
  const credential = await freshCredential(deployment);
  const report = signReport(deployment, credential, reportBody(deployment, 4));
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, n) => send(deployment, report, n % 2 === 0 ? 0 : 1)),
  );
  expect(tally(answers.map(({ code }) => code))).toEqual({ accepted: 200 });
  expect(await useOnce(deployment, credential, "another")).toMatchObject({ uses: 2 });
  expect(await rowsOf([report.reportId])).toBe(1);
});

describe("one account, 120 requests at once over two instances: exactly the quota", () => {
  const BATCHES = [1, 2, 3];

  async function race(otherUrl?: string): Promise<number> {
    const account = crypto.randomUUID();
    const requests = await Promise.all(
      Array.from({ length: 120 }, (_, n) => prepareRequest(deployment, BATCHES[n % BATCHES.length] ?? 1)),
    );
    const issued = await Promise.all(
      requests.map(async ({ body }, n) => {
        const at = n % 2 === 0 ? {} : otherUrl === undefined ? { instance: 1 as const } : { url: otherUrl };
        const { status, code } = await askForTokens(deployment, body, { account, ...at });
        if (status !== 200) expect(code).toBe("quota_exhausted");
        return status === 200 ? body.blinded.length : 0;
      }),
    );
    return issued.reduce((sum, tokens) => sum + tokens, 0);
  }

  it("of one process", async () => {
    for (let round = 0; round < 3; round++) expect(await race()).toBe(QUOTA);
  });

  it("of two processes", async () => {
    const other = await startAcsProcess(deployment);
    for (let round = 0; round < 3; round++) expect(await race(other.url)).toBe(QUOTA);
    await other.stop();
  });
});
