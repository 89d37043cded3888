const ANSWERS_WITHIN_MS = 10_000;

/** Sends JSON. Rejects unless it is answered with a 2xx; the message names neither the address nor what was sent. */
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
  if (!response.ok) throw new NotTakenError(response.status);
}

class NotTakenError extends Error {
  override readonly name = "NotTakenError";
  readonly code: string;

  constructor(status: number) {
    super("the alert was not taken");
    this.code = `http_${status}`;
  }
}
