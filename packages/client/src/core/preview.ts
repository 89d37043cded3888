import { fromBase64Url } from "@dit/crypto-core";
import { ROUTES } from "@dit/protocol";
import type { Context } from "./context.ts";
import type { ReportPreview } from "./options.ts";
import { packReport } from "./pack-report.ts";
import { currentPseudonym } from "./pseudonym.ts";
import type { Session } from "./session.ts";
import { reportHeaders } from "./sign-report.ts";
import { withoutBlocked } from "./without-blocked.ts";
import { youngEvents } from "./young-events.ts";

const REDACTED = "redacted";

/** The reports a flush would send now, in order, made by the same code but not signed. */
export async function previewReports(context: Context, session: Session): Promise<ReportPreview[]> {
  const { settings, limits } = context;
  const url = settings.edgeUrl + ROUTES.reports(settings.useCase);
  const reports: ReportPreview[] = [];
  const add = (body: Uint8Array, gzip: boolean, json: string) =>
    reports.push({ url, headers: reportHeaders(gzip, REDACTED), body, json });

  const { state } = session;
  const { batch } = state;
  const signed = batch?.signed;
  if (signed !== undefined) add(fromBase64Url(signed.body) ?? new Uint8Array(), signed.gzip, signed.json);
  const { value, reports: made } = currentPseudonym(context, state);
  const waiting = youngEvents(context, state.queue);
  if (signed === undefined) waiting.unshift(...(batch?.events ?? []));
  for (let number = made; waiting.length > 0; ) {
    const events = withoutBlocked(session, waiting.slice(0, limits.maxEventsPerReport));
    const packed = await packReport(context, value, number, events);
    waiting.splice(0, packed?.events ?? 1);
    if (packed === undefined) continue;
    add(packed.body, packed.gzip, packed.json);
    number++;
  }
  return reports;
}
