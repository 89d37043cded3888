import type { UseCaseInput } from "@dit/protocol/schemas";
import { checkEvent } from "./check-event.ts";
import type { Context } from "./context.ts";
import { nextUploadAt, nextWakeAt, runCycle } from "./cycle.ts";
import type { Losses } from "./losses.ts";
import type { Client } from "./options.ts";
import { previewReports } from "./preview.ts";
import { load, save, wipe } from "./save.ts";
import { createSession, isStopped, type Session } from "./session.ts";

/** setTimeout takes no more than 2^31 - 1 ms. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Ties the parts to a host: one lane in which all work runs in order, two timers, and nothing that throws. */
export function startClient(context: Context, losses: Losses, consent: boolean): Client<UseCaseInput> {
  const { platform, timing, limits, lose } = context;
  let session: Session | undefined;
  let closed = false;
  /** A store that could not be wiped must not be read again. */
  let storeIsStale = false;
  let lane: Promise<unknown> = Promise.resolve();
  let wakeTimer: unknown;
  let saveTimer: unknown;

  function safely<Result>(run: () => Result): Result | undefined {
    try {
      return run();
    } catch {
      lose("internal_error");
      return undefined;
    }
  }

  function inLane<Result>(run: () => Promise<Result>): Promise<Result | undefined> {
    const done = lane.then(run).catch(() => {
      lose("internal_error");
      return undefined;
    });
    lane = done;
    return done;
  }

  async function cycle(current: Session, explicit: boolean): Promise<void> {
    await inLane(async () => {
      // After a surprise, not at once again.
      let minDelayMs = timing.flushIntervalMs;
      try {
        await loadOnce(current);
        if (!isStopped(current)) await runCycle(context, current, explicit);
        minDelayMs = 0;
      } finally {
        if (!isStopped(current)) safely(() => wakeLater(current, minDelayMs));
        if (!isStopped(current) && current.dirty) saveLater(current);
      }
    });
  }

  function loadOnce(current: Session): Promise<void> {
    current.loaded ||= storeIsStale;
    return load(context, current);
  }

  function wakeLater(current: Session, minDelayMs: number): void {
    platform.clearTimer(wakeTimer);
    const delayMs = Math.max(minDelayMs, nextWakeAt(context, current) - platform.nowMs());
    wakeTimer = platform.setTimer(() => void cycle(current, false), Math.min(delayMs, MAX_TIMER_MS));
  }

  /** Many events, one write. */
  function saveLater(current: Session): void {
    current.dirty = true;
    saveTimer ??= safely(() =>
      platform.setTimer(() => {
        saveTimer = undefined;
        void inLane(() => save(context, current));
      }, timing.saveDelayMs),
    );
  }

  function stopTimers(): void {
    for (const timer of [wakeTimer, saveTimer]) safely(() => platform.clearTimer(timer));
    wakeTimer = saveTimer = undefined;
  }

  function log(name: string, fields: unknown): void {
    if (session === undefined) {
      lose(closed ? "closed" : "no_consent");
      return;
    }
    if (session.disabledUntil !== undefined) {
      lose("use_case_disabled");
      return;
    }
    const event = checkEvent(context, name, fields);
    if (event === undefined) return;
    const { queue } = session.state;
    queue.push(event);
    lose("queue_full", queue.splice(0, queue.length - limits.maxQueuedEvents).length);
    saveLater(session);
  }

  function grantConsent(): void {
    if (closed || session !== undefined) return;
    session = createSession(nextUploadAt(context));
    void cycle(session, false);
  }

  function revokeConsent(): void {
    const revoked = session;
    session = undefined;
    stopTimers();
    if (revoked !== undefined) {
      revoked.stop.abort();
      lose("consent_revoked", revoked.state.queue.length + (revoked.state.batch?.events.length ?? 0));
    }
    void inLane(async () => {
      storeIsStale = !(await wipe(context));
    });
  }

  async function close(): Promise<void> {
    const ending = session;
    closed = true;
    session = undefined;
    stopTimers();
    ending?.stop.abort();
    await inLane(async () => ending?.dirty && save(context, ending));
  }

  if (consent) safely(grantConsent);
  return {
    log: (name, fields) => void safely(() => log(name, fields)),
    grantConsent: () => void safely(grantConsent),
    revokeConsent: () => void safely(revokeConsent),
    async flush() {
      if (session !== undefined) await cycle(session, true);
    },
    close,
    async preview() {
      const current = session;
      if (current === undefined) return [];
      const previewed = await inLane(async () => {
        await loadOnce(current);
        return previewReports(context, current);
      });
      return previewed ?? [];
    },
    losses: () => losses.snapshot(),
  };
}
