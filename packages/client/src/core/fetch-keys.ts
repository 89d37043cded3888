import { ROUTES } from "@dit/protocol";
import type { KeyDocument } from "@dit/protocol/schemas";
import type { Context } from "./context.ts";
import { checkKeyDocument } from "./key-document.ts";
import { outcomeOf, request } from "./request.ts";
import type { Session } from "./session.ts";

/** The key document, at most `keysMaxAgeMs` old, or undefined if it cannot be had or is refused (and counted). */
export async function fetchKeys(context: Context, session: Session): Promise<KeyDocument | undefined> {
  const { settings, platform, timing } = context;
  const known = session.keys;
  if (known !== undefined && platform.nowMs() < known.freshUntil) return known.document;
  const answer = await request(context, session, settings.acsUrl + ROUTES.keys(settings.useCase), {
    headers: known?.etag ? { "if-none-match": known.etag } : {},
  });
  const { status, body, etag, latencyMs } = answer;
  const isUnchanged = status === 304 && known !== undefined;
  const isOk = status === 200 || isUnchanged;
  context.tell({ name: "keys_fetched", outcome: isOk ? "ok" : outcomeOf(answer), latencyMs });
  if (!isOk) return undefined;
  const now = platform.nowMs();
  const document = checkKeyDocument(isUnchanged ? known.document : body, settings, now / 1000);
  if (typeof document === "string") {
    session.keys = undefined;
    context.lose("issuer_refused");
    context.tell({ name: "issuer_refused", reason: document });
    return undefined;
  }
  session.keys = { document, etag: isUnchanged ? known.etag : etag, freshUntil: now + timing.keysMaxAgeMs };
  const { state } = session;
  const isLive = (version: number) => document.keys.some((key) => key.keyVersion === version);
  state.tokens = state.tokens.filter((token) => isLive(token.keyVersion));
  return document;
}
