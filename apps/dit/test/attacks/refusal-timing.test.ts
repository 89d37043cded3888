/**
 * What the time of a refusal tells. Claimed: how long ACS takes to refuse a credential depends neither on where its MAC is wrong, nor on
 * whether its token was ever issued or used and its MAC key kept, nor on which key it belongs to. The figures say how small a difference would still be
 * seen; smaller ones are left to what the code is made of (libsodium's constant-time multiplication, a comparison without
 * early exit), which the last test looks at closely.
 *
 * Not claimed: a malformed header, an unknown key version and an epoch that is not open are refused sooner, since nothing is evaluated
 * for them. That is no leak: they are told apart by the published syntax, the published keys and the clock, which their sender knows
 * as well. Nor is an accepted report as fast as a refused one: its answer says so anyway.
 */
import { hash } from "node:crypto";
import { createAcsApp } from "@dit/acs";
import {
  createSealer,
  equalConstantTime,
  fromBase64Url,
  toBase64Url,
  webCryptoRandomBytes,
} from "@dit/crypto-core";
import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import { ROUTES } from "@dit/protocol";
import { createLogger, createMetrics, Secret } from "@dit/service-kit";
import { openLmdbCounters } from "@dit/storage/counters/lmdb";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { fetchCredentials, freshCredential } from "./support/account-client.ts";
import { type Deployment, startDeployment } from "./support/deployment.ts";
import { redeem, redeemItem } from "./support/reports.ts";
import {
  areaUnderCurve,
  type Comparison,
  compareTimings,
  describeComparison,
  isDifferent,
  ROUNDS,
  SAMPLES_PER_ROUND,
  type Sample,
} from "./support/timing-comparison.ts";
import { ADMIN_SECRET, KEY_ENCRYPTION_KEY, SERVICE_SECRET } from "./support/watched-acs.ts";

// Real services on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const seed = Number(process.env.DIT_TEST_SEED ?? Date.now() % 2 ** 31);

type Item = ReturnType<typeof redeemItem>;
type App = { fetch(request: Request): Response | Promise<Response> };

let deployment: Deployment;
let app: App;
/** A good redemption of a token that has been used before: its MAC key is kept. */
let known: Item;
let neverUsed: Item;
let ofOtherUseCase: Item;
let ofOtherEpoch: Item;

beforeAll(async () => {
  process.stdout.write(`seed ${seed} (set DIT_TEST_SEED to repeat)\n`);
  deployment = await startDeployment();
  app = deployment.acs[0].service.app;
  known = redeemItem(deployment, await freshCredential(deployment), "report");
  await redeem(deployment.acs[0].url, [known]);
  await requireKept();
  neverUsed = redeemItem(deployment, await freshCredential(deployment), "report");
  ofOtherUseCase = redeemItem(deployment, await freshCredential(deployment, { useCase: "calls" }), "report");
  const [ahead] = await fetchCredentials(deployment, 1, { epochsAhead: 1 });
  if (ahead === undefined) throw new Error("no credential");
  ofOtherEpoch = redeemItem(deployment, { ...ahead, epoch: known.epoch }, "report");
});
afterAll(() => deployment.stop());

/** Without this the comparisons could not see what they are for. */
async function requireKept(): Promise<void> {
  const { work, url } = deployment.acs[0];
  const evaluationsBefore = work.redeemEvaluations;
  await redeem(url, [known]);
  if (work.redeemEvaluations !== evaluationsBefore) throw new Error("the MAC key of the token is not kept");
}

const randomText = () => toBase64Url(webCryptoRandomBytes(32));
const withRandomMac = (item: Item): Item => ({ ...item, mac: randomText() });

/** The good MAC, wrong from a byte on: a comparison that stops early would stop there. */
function wrongFrom(item: Item, at: number): Item {
  const mac = fromBase64Url(item.mac) ?? new Uint8Array();
  return { ...item, mac: toBase64Url(mac.map((byte, n) => (n >= at ? byte ^ 0x55 : byte))) };
}

/** Enough for all rounds and the warming up, made beforehand: what it costs to make one must not be near what is measured. */
const BODIES = (ROUNDS + 1) * SAMPLES_PER_ROUND * 2;

/** From the request to the last byte of the refusal. Every sample is a body of its own, so that no kind's are fresher than others'. */
function refusalOf(item: () => Item, by: App = app): Sample {
  const bodies = Array.from({ length: BODIES }, () => JSON.stringify({ items: [item()] }));
  return async () => {
    const body = bodies.pop();
    if (body === undefined) throw new Error("the bodies have run out");
    const request = requestOf(body);
    const started = process.hrtime.bigint();
    const response = await by.fetch(request);
    const text = await response.text();
    const elapsed = Number(process.hrtime.bigint() - started);
    if (!text.includes('"credential_invalid"')) throw new Error("it was not refused");
    return elapsed;
  };
}

function requestOf(body: string): Request {
  return new Request(`http://acs${ROUTES.redeem}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${SERVICE_SECRET}`,
      "content-type": "application/json",
      "content-length": String(body.length),
    },
    body,
  });
}

function report(comparisons: readonly Comparison[]): void {
  for (const each of comparisons) process.stdout.write(`${describeComparison(each)}\n`);
}

describe("the time of a refusal", () => {
  it("does not say where the MAC is wrong, nor what is known of the token or its key", async () => {
    const comparisons = await compareTimings(
      refusalOf(() => withRandomMac(known)),
      {
        "a MAC wrong from its first byte": refusalOf(() => wrongFrom(known, 0)),
        "a MAC wrong in its last byte only": refusalOf(() => wrongFrom(known, 31)),
        "a token that was never issued": refusalOf(() => ({ ...withRandomMac(known), token: randomText() })),
        "a token that was never used": refusalOf(() => withRandomMac(neverUsed)),
        "a token of another use case": refusalOf(() => ({ ...ofOtherUseCase, useCase: known.useCase })),
        "a token of another epoch": refusalOf(() => ofOtherEpoch),
      },
      seed,
    );
    report(comparisons);
    expect(comparisons.filter(({ differs }) => differs).map(describeComparison)).toEqual([]);
  });

  it("does say so, where the comparison stops at the first wrong byte: the measurement sees it", async () => {
    const good = fromBase64Url(known.mac) ?? new Uint8Array();
    const leaky: App = {
      async fetch(request) {
        const { items } = (await request.clone().json()) as { items: Item[] };
        const response = await app.fetch(request);
        const shown = fromBase64Url(items[0]?.mac ?? "") ?? new Uint8Array();
        // A few microseconds for each byte that is right.
        for (let at = 0; at < good.length && good[at] === shown[at]; at++) busyMicroseconds();
        return response;
      },
    };
    const [comparison] = await compareTimings(
      refusalOf(() => wrongFrom(known, 0), leaky),
      {
        "planted, early exit": refusalOf(() => wrongFrom(known, 31), leaky),
      },
      seed,
    );
    report(comparison === undefined ? [] : [comparison]);
    expect(comparison?.differs).toBe(true);
  });

  it("does say so, where evaluations of tokens are remembered: the measurement sees it", async () => {
    const counters = await openLmdbCounters({
      path: `${deployment.directory}/counters`,
      nowSeconds: deployment.nowSeconds,
    });
    const remembering = createAcsApp({
      counters,
      documents: deployment.documents,
      poprf: await rememberingPoprf(),
      sealer: await createSealer(KEY_ENCRYPTION_KEY),
      clock: deployment.clock,
      logger: createLogger({ service: "acs", write: () => undefined }),
      metrics: createMetrics("acs"),
      config: {
        environment: deployment.environment,
        production: false,
        listenHost: "127.0.0.1",
        listenPort: 0,
        adminPort: 0,
        serviceSecret: new Secret(SERVICE_SECRET),
        adminSecret: new Secret(ADMIN_SECRET),
        applicationServers: {},
        rotationIntervalMs: 60_000,
      },
    });
    const [comparison] = await compareTimings(
      refusalOf(() => withRandomMac(known), remembering),
      {
        "planted, remembered tokens": refusalOf(
          () => ({ ...withRandomMac(known), token: randomText() }),
          remembering,
        ),
      },
      seed,
    );
    report(comparison === undefined ? [] : [comparison]);
    await counters.close();
    expect(comparison?.differs).toBe(true);
  });
});

describe("the comparison of two MACs, a thousand times a sample", () => {
  const REPEATS = 1_000;
  const mac = webCryptoRandomBytes(32);
  const first = mac.with(0, (mac[0] ?? 0) ^ 1);
  const last = mac.with(31, (mac[31] ?? 0) ^ 1);
  /** One place in memory for all that is shown: where an array lies may matter more than what is in it. */
  const shown = new Uint8Array(32);

  const timed =
    (compare: (a: Uint8Array, b: Uint8Array) => boolean, content: Uint8Array): Sample =>
    () => {
      shown.set(content);
      let agreed = 0;
      const started = process.hrtime.bigint();
      for (let n = 0; n < REPEATS; n++) agreed += Number(compare(mac, shown));
      const elapsed = Number(process.hrtime.bigint() - started);
      if (agreed !== 0) throw new Error("it compares wrongly");
      return elapsed;
    };
  const kinds = (compare: (a: Uint8Array, b: Uint8Array) => boolean) =>
    compareTimings(timed(compare, first), { "wrong in the last byte": timed(compare, last) }, seed);

  it("takes the same time wherever they differ", async () => {
    const comparisons = await kinds(equalConstantTime);
    report(comparisons);
    expect(comparisons.filter(({ differs }) => differs).map(describeComparison)).toEqual([]);
  });

  it("and one that stops at the first difference is caught", async () => {
    const comparisons = await kinds((a, b) => a.every((byte, at) => byte === b[at]));
    report(comparisons);
    expect(comparisons.map(({ differs }) => differs)).toEqual([true]);
  });
});

describe("the statistic", () => {
  it("is the share of pairs in which the second is larger, ties counting half", () => {
    expect(areaUnderCurve([1, 2, 3], [4, 5])).toBe(1);
    expect(areaUnderCurve([4, 5], [1, 2, 3])).toBe(0);
    expect(areaUnderCurve([1, 2], [1, 2])).toBe(0.5);
    expect(areaUnderCurve([1, 1, 3], [1, 2])).toBe(0.5);
  });

  it("calls a difference only what exceeds the noise in every round, in one direction, by a shift worth the name", () => {
    const found = { noise: [0.02, -0.01, 0.03], shiftNs: [5e3, -5e3, 5e3], excess: [0.2, 0.2, 0.2] };
    expect(isDifferent(found)).toBe(true);
    expect(isDifferent({ ...found, excess: [-0.2, -0.2, -0.2] })).toBe(true);
    expect(isDifferent({ ...found, excess: [0.2, 0.2, 0.1] })).toBe(false);
    expect(isDifferent({ ...found, excess: [0.2, -0.2, 0.2] })).toBe(false);
    expect(isDifferent({ ...found, noise: [0.15, 0.15, 0.15] })).toBe(false);
    expect(isDifferent({ ...found, shiftNs: [5e3, 100, 5e3] })).toBe(false);
  });
});

function busyMicroseconds(): void {
  hash("sha256", Buffer.alloc(8_192));
}

/** A cache that would be tempting: it makes a token that was evaluated before fast, for everybody who shows it. */
async function rememberingPoprf() {
  const real = await createLibsodiumPoprf();
  const remembered = new Map<string, ReturnType<typeof real.evaluate>>();
  const poprf: typeof real = {
    ...real,
    evaluate(secretKey, input, info) {
      const name = toBase64Url(input);
      const output = remembered.get(name) ?? real.evaluate(secretKey, input, info);
      remembered.set(name, output);
      return output;
    },
  };
  return poprf;
}
