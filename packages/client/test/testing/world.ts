import { gzipSync } from "node:zlib";
import type { Poprf } from "@dit/crypto-core";
import {
  type ClientLimits,
  type ClientOptions,
  createClient,
  createMemoryStore,
  type Diagnostic,
  type Platform,
  type Timing,
} from "../../src/index.ts";
import { createManualClock } from "./manual-clock.ts";
import { ACS_URL, createServer, EDGE_URL } from "./server.ts";
import { ENVIRONMENT, HOUR_MS, messaging, START_MS } from "./use-case.ts";

interface WorldOptions {
  readonly platform?: Partial<Platform>;
  readonly timing?: Partial<Timing>;
  readonly limits?: Partial<ClientLimits>;
  readonly poprf?: Poprf;
  readonly account?: () => Promise<string>;
  readonly consent?: boolean;
}

/** A server, a clock and a store, and clients that live in them one after another. */
export function createWorld(world: WorldOptions = {}) {
  const clock = createManualClock(START_MS + HOUR_MS);
  const server = createServer(clock.nowMs, world.poprf);
  const diagnostics: Diagnostic[] = [];
  let activity = 0;
  const counted =
    <Given extends unknown[], Result>(run: (...given: Given) => Promise<Result>) =>
    async (...given: Given): Promise<Result> => {
      activity++;
      try {
        return await run(...given);
      } finally {
        activity++;
      }
    };
  const store = world.platform?.store ?? createMemoryStore();
  const fetch = world.platform?.fetch ?? server.fetch;
  const platform = {
    nowMs: clock.nowMs,
    setTimer: clock.setTimer,
    clearTimer: clock.clearTimer,
    gzip: async (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes)),
    ...world.platform,
    fetch: counted(fetch),
    store: { load: counted(store.load), save: counted(store.save), clear: counted(store.clear) },
  };

  /** Until nothing has happened for some turns of the event loop: all that is left hangs on the clock. */
  async function settle(): Promise<void> {
    for (let quiet = 0, seen = activity; quiet < 5; quiet++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (seen !== activity) quiet = 0;
      seen = activity;
    }
  }

  return {
    clock,
    server,
    store,
    diagnostics,
    settle,
    advance: (ms: number) => clock.advance(ms, settle),
    named: <Name extends Diagnostic["name"]>(name: Name) =>
      diagnostics.filter((each): each is Extract<Diagnostic, { name: Name }> => each.name === name),
    start(more: Partial<ClientOptions<typeof messaging>> = {}) {
      return createClient({
        useCase: messaging,
        environment: ENVIRONMENT,
        acsUrl: ACS_URL,
        edgeUrl: EDGE_URL,
        pinnedKeys: [server.key(1, 0, 0), server.key(2, 0, 0)],
        account: world.account ?? (async () => "access-token"),
        consent: world.consent ?? true,
        platform,
        timing: { minTokenAgeMs: 0, tokenFetchDitherMs: 0, ...world.timing },
        limits: { walletTargetTokens: 2, walletLowWaterTokens: 1, ...world.limits },
        ...(world.poprf ? { poprf: world.poprf } : {}),
        onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
        ...more,
      });
    },
  };
}
