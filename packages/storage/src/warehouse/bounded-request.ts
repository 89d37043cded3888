/** The server did not answer in time. What it was asked to do it may still do. */
class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
  readonly code = "NO_ANSWER_IN_TIME";
}

/** Of a connection that the other side closed, or that broke. */
const CONNECTION_LOST: ReadonlySet<unknown> = new Set(["ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE"]);

/** Rejects once the time is over, whatever the request does then; its signal aborts. */
export async function withinMs<T>(
  timeoutMs: number,
  request: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new NoAnswerError(`no answer within ${timeoutMs} ms`));
    controller.abort();
  }, timeoutMs);
  try {
    return await Promise.race([late.promise, request(controller.signal)]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks again at once, one time, if the connection was lost. Only for what may be done twice. */
export async function onceMore<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && CONNECTION_LOST.has(error.code))) throw error;
    return await request();
  }
}
