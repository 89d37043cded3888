import { fromBase64Url } from "@dit/crypto-core";
import { ROUTES } from "@dit/protocol";
import type { Context } from "./context.ts";
import { planKeyCheck } from "./key-check.ts";
import { nextReport } from "./next-report.ts";
import { type Answer, request } from "./request.ts";
import { save } from "./save.ts";
import { isStopped, type Session } from "./session.ts";
import { settleReport } from "./settle-report.ts";
import { reportHeaders } from "./sign-report.ts";
import type { SignedReport } from "./state.ts";

/**
 * Sends report after report until the `due` oldest events are settled, no token is usable, or the server asks to wait. Resolves with
 * how many events were settled: accepted or dropped.
 */
export async function upload(context: Context, session: Session, due: number): Promise<number> {
  const { state } = session;
  let settled = 0;
  while (settled < due && !isStopped(session) && context.platform.nowMs() >= session.uploadHeldUntil) {
    const signed = state.batch?.signed ?? (await nextReport(context, session, due - settled));
    if (signed === undefined || isStopped(session)) break;
    // The use must be on record before the server can count it: a restart would spend it again.
    if (session.saved !== signed && !(await save(context, session))) break;
    if (isStopped(session)) break;
    const answer = await send(context, session, signed);
    if (isStopped(session)) break;
    session.dirty = true;
    const { batch } = state;
    settleReport(context, session, signed, answer);
    if (state.batch !== batch) settled += batch?.events.length ?? 0;
    if (answer.code === "credential_invalid") planKeyCheck(context, session);
  }
  return settled;
}

function send(context: Context, session: Session, { body, gzip, credential }: SignedReport): Promise<Answer> {
  const { settings } = context;
  return request(context, session, [202], settings.edgeUrl + ROUTES.reports(settings.useCase), {
    method: "POST",
    headers: reportHeaders(gzip, credential),
    body: fromBase64Url(body) ?? null,
  });
}
