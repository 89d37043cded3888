import type { ContainmentRow } from "../read-details.ts";
import { type Html, html, percent } from "./html.ts";

/** Which use cases could be joined by what: of each pair the fields that share most. */
export function containmentSection(containments: readonly ContainmentRow[]): Html {
  const head = html`<h2>What could join use cases</h2>
<p class="quiet">Of the rare values of a field of one use case (row), the share that is a rare value in another (column), beyond chance.</p>`;
  if (containments.length === 0) return html`<section>${head}<p>No fields share rare values.</p></section>`;
  const from = unique(containments.map(({ use_case, name }) => `${use_case}.${name}`));
  const to = unique(containments.map(({ in_use_case, in_name }) => `${in_use_case}.${in_name}`));
  const rows = from.map(
    (row) =>
      html`<tr><th scope="row">${row}</th>${to.map((column) => cell(find(containments, row, column)))}</tr>`,
  );
  return html`<section>${head}<div class="scroll"><table><thead><tr><th scope="col">Of</th>${to.map((column) => html`<th scope="col">in ${column}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div></section>`;
}

function cell(found: ContainmentRow | undefined): Html {
  if (found === undefined) return html`<td class="number quiet">-</td>`;
  const { containment, level } = found;
  const words = level === "fine" ? html`` : html` <span class="mark ${level}">${level}</span>`;
  return html`<td class="number cell" style="--share:${Math.round(containment * 45)}%">${percent(containment)}${words}</td>`;
}

function find(
  containments: readonly ContainmentRow[],
  row: string,
  column: string,
): ContainmentRow | undefined {
  return containments.find(
    (each) => `${each.use_case}.${each.name}` === row && `${each.in_use_case}.${each.in_name}` === column,
  );
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
