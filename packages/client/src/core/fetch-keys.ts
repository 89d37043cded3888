import { ROUTES } from "@dit/protocol";
import type { KeyDocument } from "@dit/protocol/schemas";
import type { Context } from "./context.ts";
import { refuseIssuer } from "./issuer-refusal.ts";
import { checkKeyDocument, keyForEpoch } from "./key-document.ts";
import { request } from "./request.ts";
import type { Session } from "./session.ts";

/**
 * The key document, at most `keysMaxAgeMs` old, or undefined if it cannot be had or is refused (and counted). Always asked for in
 * full: an entity tag that came with the last one would be the issuer's cookie if it were sent back.
 */
export async function fetchKeys(context: Context, session: Session): Promise<KeyDocument | undefined> {
  const { settings, platform, timing } = context;
  const known = session.keys;
  if (known !== undefined && platform.nowMs() < known.freshUntil) return known.document;
  const url = settings.acsUrl + ROUTES.keys(settings.useCase);
  const { outcome, body, latencyMs } = await request(context, session, [200], url, {});
  context.tell({ name: "keys_fetched", outcome, latencyMs });
  if (outcome !== "ok") return undefined;
  const now = platform.nowMs();
  const document = checkKeyDocument(body, settings, now / 1000);
  if (typeof document === "string") {
    session.keys = undefined;
    return refuseIssuer(context, document);
  }
  session.keys = { document, freshUntil: now + timing.keysMaxAgeMs };
  const { state } = session;
  // A rotation before its time gives epochs to another key than the one their tokens were fetched with.
  state.tokens = state.tokens.filter(({ epoch, keyVersion }) => {
    const key = keyForEpoch(document, epoch, settings);
    return typeof key !== "string" && key.keyVersion === keyVersion;
  });
  return document;
}
