import type { AlertRow } from "../read-details.ts";
import { type Html, html, percent } from "./html.ts";

/** What is open, and everything that was told. */
export function alertsSection(alerts: readonly AlertRow[]): Html {
  const open = alerts.filter((alert) => alert.open === 1);
  return html`<section><h2>Alerts</h2>
<h3>Open</h3>${open.length === 0 ? html`<p>None.</p>` : table("Open alerts", open)}
<h3>History</h3>${alerts.length === 0 ? html`<p>None was ever told.</p>` : table("The newest first", alerts)}
</section>`;
}

function table(caption: string, alerts: readonly AlertRow[]): Html {
  const rows = alerts.map(
    (
      alert,
    ) => html`<tr><td class="level">${alert.at}</td><td>${alert.transition}</td><td><span class="mark ${alert.level}">${alert.level}</span></td>
<th scope="row">${alert.use_case}.${alert.event}.${alert.fields.join(" + ")}</th><td>${alert.score.replace("_", " ")}${alert.other === "" ? "" : ` with ${alert.other}`}</td>
<td class="number">${measured(alert, alert.share)}</td><td class="number">${measured(alert, alert.threshold)}</td><td>${alert.kind}</td></tr>`,
  );
  return html`<div class="scroll"><table><caption>${caption}</caption><thead><tr><th scope="col">When (UTC)</th><th scope="col">What</th><th scope="col">Level</th>
<th scope="col">Field</th><th scope="col">Score</th><th scope="col" class="number">Measured</th><th scope="col" class="number">Threshold</th><th scope="col">Kind</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** Drift is in bits and not a share. */
function measured({ score }: AlertRow, value: number): string {
  return score === "drift" ? `${value.toFixed(2)} bit` : percent(value);
}
