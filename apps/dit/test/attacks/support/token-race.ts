import type { Credential } from "@dit/crypto-core";
import { ROUTES } from "@dit/protocol";
import type { RedeemResponse, RedeemResult } from "@dit/protocol/schemas";
import { fetchCredentials } from "./account-client.ts";
import type { Deployment } from "./deployment.ts";
import { redeem, redeemItem } from "./reports.ts";
import { QUOTA } from "./use-cases.ts";
import { SERVICE_SECRET, type WatchedAcs } from "./watched-acs.ts";

/** An instance of ACS, asked as ingest asks it. */
export type Redeemer = (items: readonly unknown[]) => Promise<readonly RedeemResult[]>;

export const overHttp =
  (acsUrl: string): Redeemer =>
  (items) =>
    redeem(acsUrl, items);

/** The same app, route and parsing without a socket between. */
export const inProcess =
  ({ service }: WatchedAcs): Redeemer =>
  async (items) => {
    const body = JSON.stringify({ items });
    const headers = { authorization: `Bearer ${SERVICE_SECRET}`, "content-type": "application/json" };
    const request = new Request(`http://acs${ROUTES.redeem}`, { method: "POST", headers, body });
    const response = await service.app.fetch(request);
    if (response.status !== 200) throw new Error(`redeeming answered ${response.status}`);
    return ((await response.json()) as RedeemResponse).results;
  };

export const CONCURRENT_USES = 500;
const USES_PER_BATCH = 25;
/** In each so many-th round all uses are asked for again. */
const REPEAT_EVERY = 5;

/** How often each answer was given; a refusal by its code. */
export type Tally = Readonly<Record<string, number>>;

/**
 * Plays rounds of one fresh token each: 500 different reports at once, in batches over the instances in turn. In some
 * rounds all of them come again, which must change nothing. Resolves with each round's tally of the first answers.
 */
export async function raceTokens(
  deployment: Deployment,
  redeemers: readonly Redeemer[],
  rounds: number,
): Promise<Tally[]> {
  const tallies: Tally[] = [];
  let credentials: Credential[] = [];
  for (let round = 0; round < rounds; round++) {
    if (credentials.length === 0) {
      credentials = await fetchCredentials(deployment, QUOTA, { account: crypto.randomUUID() });
    }
    const credential = credentials.pop();
    if (credential === undefined) throw new Error("no credential");
    const items = Array.from({ length: CONCURRENT_USES }, (_, n) =>
      redeemItem(deployment, credential, `report ${n}`),
    );
    const first = await atOnce(redeemers, items, round);
    const again = round % REPEAT_EVERY === 0 ? await atOnce(redeemers, items, round + 1) : [];
    for (const [n, answer] of first.entries()) {
      const expected = answer === "reserved" ? "repeated" : answer;
      if (n in again && again[n] !== expected)
        throw new Error(`a report was ${answer}, and ${again[n]} when it came again`);
    }
    tallies.push(tally(first));
  }
  return tallies;
}

async function atOnce(
  redeemers: readonly Redeemer[],
  items: readonly unknown[],
  offset: number,
): Promise<string[]> {
  const batches = Array.from({ length: Math.ceil(items.length / USES_PER_BATCH) }, (_, n) =>
    items.slice(n * USES_PER_BATCH, (n + 1) * USES_PER_BATCH),
  );
  const answers = await Promise.all(
    batches.map(async (batch, n) => redeemers[(n + offset) % redeemers.length]?.(batch) ?? []),
  );
  return answers.flat().map((result) => (result.outcome === "refused" ? result.code : result.outcome));
}

export function tally(answers: readonly (string | undefined)[]): Tally {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[String(answer)] = (counts[String(answer)] ?? 0) + 1;
  return counts;
}
