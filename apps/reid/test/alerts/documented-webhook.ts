import { createHmac, timingSafeEqual } from "node:crypto";
import type { Received } from "./receiver.ts";

/**
 * Somebody else's receiver, by what docs/REIDENTIFICATION.md says of the webhook and by nothing else: it imports nothing of the monitor.
 */
const TOLERANCE_SECONDS = 300;
const FORM = /^t=(?<time>\d+),v1=(?<mac>[0-9a-f]{64})$/;

export type Verdict = "taken" | "known" | "forged" | "stale";

export interface DocumentedWebhook {
  /** Each alert that was taken, as it was sent. */
  readonly alerts: readonly TakenAlert[];
  /** The answer's status, and why. */
  judge(request: Received): { readonly status: 204 | 401; readonly verdict: Verdict };
}

export interface TakenAlert {
  readonly id: string;
  readonly transition: string;
  readonly [field: string]: unknown;
}

export function createDocumentedWebhook(
  /** All that are good now. */
  secrets: () => readonly string[],
  nowSeconds: () => number,
): DocumentedWebhook {
  const taken = new Map<string, TakenAlert>();
  return {
    get alerts() {
      return [...taken.values()];
    },
    judge(request) {
      const time = signedTime(request, secrets());
      if (time === undefined) return { status: 401, verdict: "forged" };
      if (Math.abs(nowSeconds() - time) > TOLERANCE_SECONDS) return { status: 401, verdict: "stale" };
      const alert: TakenAlert = JSON.parse(request.body.toString());
      const key = `${alert.id} ${alert.transition}`;
      if (taken.has(key)) return { status: 204, verdict: "known" };
      taken.set(key, alert);
      return { status: 204, verdict: "taken" };
    },
  };
}

function signedTime({ headers, body }: Received, secrets: readonly string[]): number | undefined {
  const header = headers["dit-signature"];
  const { time, mac } = FORM.exec(typeof header === "string" ? header : "")?.groups ?? {};
  if (time === undefined || mac === undefined) return undefined;
  const isGenuine = secrets.some((secret) =>
    timingSafeEqual(
      createHmac("sha256", Buffer.from(secret, "utf8")).update(`${time}.`).update(body).digest(),
      Buffer.from(mac, "hex"),
    ),
  );
  return isGenuine ? Number(time) : undefined;
}
