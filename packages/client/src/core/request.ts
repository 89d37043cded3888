import { type ClientAction, isProblemCode, PROBLEMS, type ProblemCode } from "@dit/protocol";
import type { Context } from "./context.ts";
import type { Outcome } from "./diagnostic.ts";
import type { Session } from "./session.ts";
import { settleWithin } from "./settle-within.ts";

export interface Answer {
  /** `ok`: it has one of the statuses that were asked for. */
  readonly outcome: Outcome;
  /** 0 when there was none. */
  readonly status: number;
  readonly code: ProblemCode | undefined;
  /** Parsed JSON, or undefined. */
  readonly body: unknown;
  readonly retryAfterMs: number;
  readonly latencyMs: number;
}

const NO_ANSWER = { status: 0, code: undefined, body: undefined, retryAfterMs: 0 };

/** One request and its whole answer within the time limit. Never rejects. */
export async function request(
  context: Context,
  session: Session,
  okStatuses: readonly number[],
  url: string,
  init: RequestInit,
): Promise<Answer> {
  const { nowMs } = context.platform;
  const startedAt = nowMs();
  const answer =
    (await settleWithin(
      context,
      (signal) => exchange(context, url, { ...init, ...PRIVATE, signal }),
      session.stop.signal,
    )) ?? NO_ANSWER;
  const { status, code } = answer;
  const refused = code ?? (status === 0 ? "unreachable" : "unexpected_answer");
  const outcome = okStatuses.includes(status) ? "ok" : refused;
  return { ...answer, outcome, latencyMs: Math.max(0, nowMs() - startedAt) };
}

/** Nothing of the page or the browser's stores goes along, and no redirect takes a report elsewhere. */
const PRIVATE = {
  credentials: "omit",
  referrerPolicy: "no-referrer",
  redirect: "error",
  cache: "no-store",
} as const;

async function exchange(context: Context, url: string, init: RequestInit) {
  const response = await context.platform.fetch(url, init);
  const body = parsed(await response.text());
  const code = (body as { readonly code?: unknown } | null | undefined)?.code;
  return {
    status: response.status,
    code: response.status >= 400 && isProblemCode(code) ? code : undefined,
    body,
    retryAfterMs: retryAfterMs(context, response.headers.get("retry-after")),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** RFC 9110 section 10.2.3: seconds, or a date. */
function retryAfterMs({ platform, timing }: Context, header: string | null): number {
  if (header === null) return 0;
  const waitMs = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - platform.nowMs();
  return waitMs > 0 ? Math.min(waitMs, timing.retryAfterCapMs) : 0;
}

/** By the problem's code; an answer without one came from something in between, and is judged by its status class. */
export function actionFor({ status, code }: Answer): ClientAction {
  if (code !== undefined) return PROBLEMS[code].action;
  const isRefused = status >= 400 && status < 500 && ![408, 425, 429].includes(status);
  return isRefused ? "drop" : "retry";
}
