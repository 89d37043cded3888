import type { Board } from "../read-board.ts";
import type { Details } from "../read-details.ts";
import { alertsSection } from "./alerts-section.ts";
import { containmentSection } from "./containment-section.ts";
import { Html, html } from "./html.ts";
import { STYLE } from "./style.ts";
import { useCaseSection } from "./use-case-section.ts";

/** The whole report as one file that asks for nothing else. No value of a field is in it: none is in what it is made of. */
export function renderPage(board: Board, details: Details, nowMs: number): string {
  const open = details.alerts.filter((alert) => alert.open === 1).length;
  const blocked = board
    .flatMap(({ blockedFields }) => Object.values(blockedFields))
    .reduce((sum, fields) => sum + fields.length, 0);
  const at = new Date(nowMs).toISOString().slice(0, 16).replace("T", " ");
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>What stored fields reveal</title>
<style>${new Html(STYLE)}</style></head><body><main>
<h1>What stored fields reveal</h1>
<p>${board.length} use cases, ${blocked} blocked fields, ${open} open alerts. As of ${at} UTC.</p>
<p class="quiet">A value is rare if fewer than k clients have it within one rotation window. A client is exposed if it has a rare value. Values themselves are not on this page.</p>
${board.map((each) => useCaseSection(each, details))}
${containmentSection(details.containments)}
${alertsSection(details.alerts)}
</main></body></html>
`.markup;
}
