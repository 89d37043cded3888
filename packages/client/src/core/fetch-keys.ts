import { ROUTES } from "@dit/protocol";
import type { KeyDocument } from "@dit/protocol/schemas";
import type { Context } from "./context.ts";
import { refuseIssuer } from "./issuer-refusal.ts";
import { checkKeyDocument } from "./key-document.ts";
import { request } from "./request.ts";
import type { Session } from "./session.ts";

/** The key document, at most `keysMaxAgeMs` old, or undefined if it cannot be had or is refused (and counted). */
export async function fetchKeys(context: Context, session: Session): Promise<KeyDocument | undefined> {
  const { settings, platform, timing } = context;
  const known = session.keys;
  if (known !== undefined && platform.nowMs() < known.freshUntil) return known.document;
  const headers: Record<string, string> = known?.etag ? { "if-none-match": known.etag } : {};
  const url = settings.acsUrl + ROUTES.keys(settings.useCase);
  const answer = await request(context, session, known ? [200, 304] : [200], url, { headers });
  const { outcome, status, body, etag, latencyMs } = answer;
  context.tell({ name: "keys_fetched", outcome, latencyMs });
  if (outcome !== "ok") return undefined;
  const unchanged = status === 304 ? known : undefined;
  const now = platform.nowMs();
  const document = checkKeyDocument(unchanged?.document ?? body, settings, now / 1000);
  if (typeof document === "string") {
    session.keys = undefined;
    return refuseIssuer(context, document);
  }
  session.keys = { document, etag: unchanged?.etag ?? etag, freshUntil: now + timing.keysMaxAgeMs };
  const { state } = session;
  const isLive = (version: number) => document.keys.some((key) => key.keyVersion === version);
  state.tokens = state.tokens.filter((token) => isLive(token.keyVersion));
  return document;
}
