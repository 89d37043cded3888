import { AlertRefusedError } from "./alert-sink.ts";

const ANSWERS_WITHIN_MS = 10_000;

/** The client errors (RFC 9110 §15.5) that say when, and not what: request timeout, too many requests. */
const NOT_NOW: readonly number[] = [408, 429];

/**
 * Sends JSON. Rejects unless it is answered with a 2xx: with AlertRefusedError for a client error, what was sent being at fault. No message
 * names the address or what was sent.
 */
export async function post(
  send: typeof fetch,
  url: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const response = await send(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
    redirect: "error",
    signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
  });
  await response.body?.cancel();
  const { ok, status } = response;
  if (ok) return;
  if (status >= 400 && status < 500 && !NOT_NOW.includes(status)) throw new AlertRefusedError(codeOf(status));
  throw new NotTakenError(codeOf(status));
}

function codeOf(status: number): string {
  return `http_${status}`;
}

class NotTakenError extends Error {
  override readonly name = "NotTakenError";
  readonly code: string;

  constructor(code: string) {
    super("the alert was not taken");
    this.code = code;
  }
}
