import type { Context } from "./context.ts";

/**
 * What `work` comes to, or undefined if it fails, takes longer than a request may, or `stop` is aborted first. Work that
 * ignores its signal is left behind: nothing of the host can hold the client up.
 */
export async function settleWithin<Value>(
  { platform, timing }: Context,
  work: (signal: AbortSignal) => Promise<Value>,
  stop?: AbortSignal,
): Promise<Value | undefined> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  let timer: unknown;
  try {
    timer = platform.setTimer(abort, timing.requestTimeoutMs);
    stop?.addEventListener("abort", abort);
    if (stop?.aborted) return undefined;
    const aborted = new Promise<undefined>((resolve) => {
      controller.signal.addEventListener("abort", () => resolve(undefined));
    });
    return await Promise.race([work(controller.signal), aborted]);
  } catch {
    return undefined;
  } finally {
    stop?.removeEventListener("abort", abort);
    platform.clearTimer(timer);
    abort();
  }
}
