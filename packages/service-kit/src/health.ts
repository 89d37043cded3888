import { Hono } from "hono";
import { type Clock, systemClock } from "./clock.ts";
import { withDeadline } from "./deadline.ts";
import { errorReason } from "./error-reason.ts";
import type { Metrics } from "./metrics.ts";
import { problemResponse } from "./problem-response.ts";

/** Something that a service cannot work without. `check` rejects, with a reason in the error's code or class, if it is not there. */
export interface DependencyCheck {
  readonly name: string;
  check(): Promise<void>;
  /** Parts of it that do not work while the rest does, by name. Asked after `check`; shown, and no reason not to be ready. */
  impaired?(): readonly string[];
}

export interface DependencyState {
  readonly ok: boolean;
  readonly reason?: string;
  readonly impaired?: readonly string[];
}

const CHECK_TIMEOUT_MS = 2000;
const CACHE_MS = 1000;
const LATE: DependencyState = { ok: false, reason: "timeout" };

/**
 * The operator's port: /healthz (the process answers), /readyz (every dependency does; else 503 and which one and why),
 * /metrics and /version. Not for strangers.
 */
export function createAdminApp(options: {
  readonly service: string;
  readonly version: string;
  readonly metrics: Metrics;
  readonly checks: readonly DependencyCheck[];
  readonly clock?: Clock;
  readonly checkTimeoutMs?: number;
}): Hono {
  const {
    service,
    version,
    metrics,
    checks,
    clock = systemClock,
    checkTimeoutMs = CHECK_TIMEOUT_MS,
  } = options;
  const probes = checks.map((check) => ({
    name: check.name,
    probe: createProbe(check, clock, checkTimeoutMs),
  }));
  const ready = metrics.gauge("dependency_ready", "Whether a dependency answers, as /readyz has it: 1 or 0", [
    "dependency",
  ]);
  const ask = async () => {
    const states = await Promise.all(probes.map(async ({ name, probe }) => [name, await probe()] as const));
    for (const [dependency, { ok }] of states) ready.set({ dependency }, Number(ok));
    return states;
  };
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    context.res.headers.set("cache-control", "no-store");
  });
  app.get("/healthz", (context) => context.json({ ok: true }));
  app.get("/version", (context) => context.json({ service, version }));
  app.get("/metrics", async (context) => {
    // Asked here too: nobody may be looking at /readyz, and an idle service fails at nothing.
    await ask();
    return context.body(await metrics.text(), 200, { "content-type": metrics.registry.contentType });
  });
  app.get("/readyz", async (context) => {
    const states = await ask();
    const isReady = states.every(([, state]) => state.ok);
    return context.json({ ready: isReady, dependencies: Object.fromEntries(states) }, isReady ? 200 : 503);
  });
  app.notFound(() => problemResponse("not_found"));
  app.onError(() => problemResponse("internal_error"));
  return app;
}

/** Asks at most once a second, and never while an earlier question is unanswered: probing must not be what overloads. */
function createProbe(
  check: DependencyCheck,
  clock: Clock,
  timeoutMs: number,
): () => Promise<DependencyState> {
  let known: { readonly state: DependencyState; readonly atMs: number } | undefined;
  let running: Promise<DependencyState> | undefined;
  const run = async (): Promise<DependencyState> => {
    const state = await stateOf(check);
    known = { state, atMs: clock.nowMs() };
    running = undefined;
    return state;
  };
  return async () => {
    if (known !== undefined && clock.nowMs() - known.atMs < CACHE_MS) return known.state;
    running ??= run();
    return await withDeadline(running, timeoutMs, () => new Error("no answer in time")).catch(() => LATE);
  };
}

async function stateOf(dependency: DependencyCheck): Promise<DependencyState> {
  try {
    await dependency.check();
    const impaired = dependency.impaired?.() ?? [];
    return { ok: true, ...(impaired.length > 0 && { impaired }) };
  } catch (error) {
    return { ok: false, reason: errorReason(error) };
  }
}
