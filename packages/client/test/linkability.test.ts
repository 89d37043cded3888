import { createLibsodiumPoprf } from "@dit/crypto-core/libsodium";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryStore } from "../src/index.ts";
import { problem } from "./testing/server.ts";
import { HOUR_MS, START_MS } from "./testing/use-case.ts";
import { createWorld } from "./testing/world.ts";

const poprf = await createLibsodiumPoprf();

/** Around the turn of rotation windows, which last two epochs of a day each: hour 48 is one. */
const send = fc.record({
  do: fc.constant("send" as const),
  events: fc.integer({ min: 1, max: 9 }),
  hour: fc.option(fc.integer({ min: 40, max: 56 })),
  failingWrites: fc.constantFrom(0, 0, 0, 1, 3),
  crash: fc.boolean(),
});
const other = fc.record({
  do: fc.constantFrom("advance", "restart", "preview", "revoke and grant"),
  hours: fc.integer({ min: 1, max: 30 }),
});
const refuse = fc.record({
  do: fc.constant("refuse" as const),
  code: fc.constantFrom("credential_invalid", "token_exhausted", "epoch_expired", "overloaded" as const),
});
const step = fc.oneof(
  { weight: 6, arbitrary: send },
  { weight: 2, arbitrary: other },
  { weight: 1, arbitrary: refuse },
);

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** Plays the steps and returns every report that reached the server. */
async function play(steps: readonly Step[]) {
  const memory = createMemoryStore();
  let failingWrites = 0;
  const store = {
    ...memory,
    save: (text: string) => (failingWrites-- > 0 ? Promise.reject(new Error("disk")) : memory.save(text)),
  };
  const world = createWorld({ poprf, platform: { store }, limits: { maxEventsPerReport: 3 } });
  world.server.document = { ...world.server.document, keys: [world.server.key(1, -900, 900)] };
  const refusals: Parameters<typeof problem>[0][] = [];
  world.server.intercept = ({ path }) => {
    const code = path.endsWith("/reports") ? refusals.pop() : undefined;
    return code && problem(code);
  };
  let client = world.start();
  /** As if the process had ended before its last words: what the store held then is what the next one finds. */
  async function crash(): Promise<void> {
    const survived = await memory.load();
    await client.close();
    await (survived === undefined ? memory.clear() : memory.save(survived));
    client = world.start();
  }
  for (const each of steps) {
    if (each.do === "send") {
      if (each.hour !== null) world.clock.set(START_MS + each.hour * HOUR_MS);
      for (let i = 0; i < each.events; i++) client.log("app_opened");
      failingWrites = each.failingWrites;
      await client.flush();
      failingWrites = 0;
      if (each.crash) await crash();
    }
    if (each.do === "advance") await world.advance(each.hours * HOUR_MS);
    if (each.do === "preview") await client.preview();
    if (each.do === "refuse") refusals.push(each.code);
    if (each.do === "revoke and grant") {
      client.revokeConsent();
      client.grantConsent();
    }
    if (each.do === "restart") {
      await client.close();
      client = world.start();
    }
  }
  await client.flush();
  await client.close();
  expect(client.losses().internal_error).toBe(0);
  return world.server.reports;
}

describe("whatever happens", () => {
  it("a token is never used with two pseudonyms nor more often than it may, nor a pseudonym in two rotation windows", async () => {
    let reports = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const pseudonyms = new Map<string, Set<string>>();
        const uses = new Map<string, Set<string>>();
        const windows = new Map<string, Set<number>>();
        const seen = await play(steps);
        reports += seen.length;
        const add = <Value>(to: Map<string, Set<Value>>, key: string, value: Value) =>
          to.set(key, (to.get(key) ?? new Set()).add(value));
        for (const { token, pseudonym, reportId, epoch, isGenuine } of seen) {
          expect(isGenuine).toBe(true);
          add(pseudonyms, token, pseudonym);
          add(uses, token, reportId);
          add(windows, pseudonym, Math.floor(epoch / 2));
        }
        for (const [, set] of pseudonyms) expect(set.size).toBe(1);
        for (const [, set] of uses) expect(set.size).toBeLessThanOrEqual(4);
        for (const [, set] of windows) expect(set.size).toBe(1);
      }),
      { numRuns: 40 },
    );
    expect(reports).toBeGreaterThan(40);
  }, 180_000);

  it("two reports of the same events in the same minute are two reports", async () => {
    const world = createWorld();
    const client = world.start();
    for (let i = 0; i < 4; i++) {
      client.log("app_opened");
      await client.flush();
    }
    expect(new Set(world.server.reports.map(({ reportId }) => reportId)).size).toBe(4);
    expect(new Set(world.server.reports.map(({ token }) => token)).size).toBe(1);
    await client.close();
  });
});
