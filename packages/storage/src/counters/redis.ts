import type { Counters, UseResult } from "./counters.ts";
import { confirmCall, takeCall, takeResult, useCall, useResult } from "./redis/calls.ts";
import { type CheckOptions, checkMaster } from "./redis/check-master.ts";
import { createClusterServers } from "./redis/cluster-servers.ts";
import { RedisCountersError, toCountersError } from "./redis/counters-error.ts";
import { deadlineIn } from "./redis/deadline.ts";
import { REDIS_DEFAULTS, type RedisAddress } from "./redis/options.ts";
import type { ScriptAnswer, ScriptCall } from "./redis/script.ts";
import type { RedisServersOptions } from "./redis/servers.ts";
import { createSingleServer } from "./redis/single-server.ts";
import { sweepMaster } from "./redis/sweep-master.ts";

/** One server, or a cluster by some of its nodes, from which the others are learnt. */
export type RedisCountersOptions = RedisCountersSettings &
  ({ readonly address: RedisAddress } | { readonly cluster: readonly RedisAddress[] });

export interface RedisCountersSettings extends RedisServersOptions {
  /** For a whole call, waiting for replicas included. */
  readonly timeoutMs?: number;
  /** Whether `check` wants one: on, unless replicas are all that is meant to keep the counters. */
  readonly requireAppendOnlyFile?: boolean;
  /** Tells whether a key's time has passed. */
  readonly nowSeconds?: () => number;
}

const EXPIRED: UseResult = { outcome: "exhausted", uses: 0 };

/**
 * Counters in Redis (6.2 or later) or Valkey, alone or in a cluster. It need not be there yet.
 *
 * Every call is answered or rejected within `timeoutMs`; while Redis is away it is rejected at once, and soon after it is back the next
 * call succeeds. A rejected call may have counted: the same use again counts nothing, and an amount that was taken is gone, never
 * given twice. With `replicas` nothing is acknowledged that fewer replicas have, so that a failover to one of them forgets nothing.
 */
export async function openRedisCounters(options: RedisCountersOptions): Promise<Counters> {
  const { nowSeconds = () => Date.now() / 1_000, timeoutMs = REDIS_DEFAULTS.timeoutMs } = options;
  const check: CheckOptions = { ...options, nowSeconds };
  const servers =
    "cluster" in options
      ? createClusterServers(options.cluster, options)
      : createSingleServer(options.address, options);
  const calls = createCalls();
  const run = async (each: readonly ScriptCall[]): Promise<readonly ScriptAnswer[]> =>
    each.length === 0 ? [] : servers.run(each, deadlineIn(timeoutMs));
  return {
    use: (requests) =>
      calls.attempt(async () => {
        const now = nowSeconds();
        const asked = requests.map((each) => (each.expiresAtSeconds <= now ? undefined : useCall(each)));
        const answers = (await run(asked.filter((call) => call !== undefined))).values();
        return asked.map((call) => (call === undefined ? EXPIRED : useResult(next(answers))));
      }),
    confirm: (requests) => calls.attempt(async () => void (await run(requests.map(confirmCall)))),
    take: (request) =>
      calls.attempt(async () => {
        if (request.expiresAtSeconds <= nowSeconds()) return { granted: false, remaining: 0 };
        return takeResult(next((await run([takeCall(request)])).values()));
      }),
    sweep: (sweepNowSeconds) =>
      calls.attempt(async () => {
        const masters = await servers.masters(deadlineIn(timeoutMs));
        await Promise.all(masters.map(({ node }) => sweepMaster(node, sweepNowSeconds, timeoutMs)));
      }),
    check: () =>
      calls.attempt(async () => {
        const deadline = deadlineIn(timeoutMs);
        const masters = await servers.masters(deadline);
        await Promise.all(masters.map((master) => checkMaster(master, check, deadline)));
      }),
    async close() {
      await calls.close();
      servers.disconnect();
    },
  };
}

/** Knows what is under way, so that closing can wait for it. */
function createCalls() {
  const underWay = new Set<Promise<unknown>>();
  let closed = false;
  return {
    async attempt<T>(work: () => Promise<T>): Promise<T> {
      if (closed) throw new RedisCountersError("closed", "closed");
      const attempted = work();
      underWay.add(attempted);
      try {
        return await attempted;
      } catch (error) {
        throw toCountersError(error);
      } finally {
        underWay.delete(attempted);
      }
    },
    async close(): Promise<void> {
      closed = true;
      await Promise.allSettled(underWay);
    },
  };
}

function next(answers: Iterator<ScriptAnswer>): ScriptAnswer {
  const { value, done } = answers.next();
  if (done === true) throw new Error("a call was not answered");
  return value;
}
