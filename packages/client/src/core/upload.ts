import { fromBase64Url } from "@dit/crypto-core";
import { ROUTES } from "@dit/protocol";
import type { Context } from "./context.ts";
import { fetchKeys } from "./fetch-keys.ts";
import { nextReport } from "./next-report.ts";
import { type Answer, request } from "./request.ts";
import { save } from "./save.ts";
import { isStopped, type Session } from "./session.ts";
import { settleReport } from "./settle-report.ts";
import { reportHeaders } from "./sign-report.ts";
import type { SignedReport } from "./state.ts";

/** Sends report after report until nothing is queued, no token is usable, or the server asks to wait. */
export async function upload(context: Context, session: Session): Promise<void> {
  while (!isStopped(session) && context.platform.nowMs() >= session.uploadHeldUntil) {
    const signed = session.state.batch?.signed ?? (await nextReport(context, session));
    if (signed === undefined || isStopped(session)) return;
    // The use must be on record before the server can count it: a restart would spend it again.
    if (session.saved !== signed && !(await save(context, session))) return;
    if (isStopped(session)) return;
    const answer = await send(context, session, signed);
    if (isStopped(session)) return;
    session.dirty = true;
    settleReport(context, session, signed, answer);
    // Perhaps its key is gone: the fresh document says so, and that key's other tokens go too.
    if (answer.code === "credential_invalid") await refreshKeys(context, session);
  }
}

function send(context: Context, session: Session, { body, gzip, credential }: SignedReport): Promise<Answer> {
  const { settings } = context;
  return request(context, session, [202], settings.edgeUrl + ROUTES.reports(settings.useCase), {
    method: "POST",
    headers: reportHeaders(gzip, credential),
    body: fromBase64Url(body) ?? null,
  });
}

async function refreshKeys(context: Context, session: Session): Promise<void> {
  if (session.keys !== undefined) session.keys.freshUntil = 0;
  await fetchKeys(context, session);
}
