import { isBlockedField } from "@dit/protocol";
import type { FieldPolicy } from "@dit/protocol/schemas";
import { dateText } from "../../text-table.ts";
import type { MeasuredSubject, UseCaseBoard } from "../read-board.ts";
import type { Details, TrendPoint } from "../read-details.ts";
import { type Html, html, percent } from "./html.ts";
import { lineChart } from "./line-chart.ts";

const MAX_CHARTS = 12;

/** One use case: its fields, the most exposed first, what was decided about them, their curves and how they went. */
export function useCaseSection({ useCase, blockedFields, subjects }: UseCaseBoard, details: Details): Html {
  const policy = details.policies.get(useCase);
  return html`<section aria-label="${useCase}"><h2>${useCase}</h2>
${subjects.length === 0 ? html`<p class="quiet">Nothing is measured yet.</p>` : fieldTable(useCase, subjects, blockedFields, policy)}
${policy === undefined ? [] : decisions(policy)}
${charts("Uniqueness: share of values and of clients below k", curvesOf(subjects, details))}
${charts("Exposed clients over rotation windows", trendsOf(subjects, details))}
</section>`;
}

function fieldTable(
  useCase: string,
  subjects: readonly MeasuredSubject[],
  blockedFields: UseCaseBoard["blockedFields"],
  policy: FieldPolicy | undefined,
): Html {
  const rows = subjects.map((subject) => {
    const { event, fields, level, found_by, linkability } = subject;
    const blocked = fields.some((field) => isBlockedField(blockedFields, event, field));
    const overridden =
      !blocked && policy?.overrides.some((each) => each.event === event && fields.includes(each.field));
    return html`<tr><th scope="row">${nameOf(subject)}</th>
<td class="level"><span class="mark ${level}">${level}</span>${level === "fine" || found_by === "" ? "" : ` ${found_by.replace("_", " ")}`}</td>
<td>${bar(subject.exposed_pids)}</td>
<td class="number">${percent(subject.exposed_pids)}</td><td class="number">${percent(subject.exposed_pids_lower)}</td>
<td class="number">${percent(subject.potential_k)}</td><td class="number">${linkability === null ? "not known" : percent(linkability)}</td>
<td class="number">${subject.pids}</td><td class="number">${subject.value_count}</td>
<td>${blocked ? html`<span class="mark blocked">blocked</span>` : overridden === true ? html`<span class="mark warn">overridden</span>` : "collected"}</td></tr>`;
  });
  return html`<div class="scroll"><table><caption>Fields and pairs of ${useCase}, the most exposed first</caption>
<thead><tr><th scope="col">Field</th><th scope="col">Level</th><th scope="col" colspan="2">Clients exposed</th><th scope="col" class="number">at least</th>
<th scope="col" class="number">Values rare</th><th scope="col" class="number">Comes back</th><th scope="col" class="number">Clients</th><th scope="col" class="number">Values</th><th scope="col">State</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function bar(share: number): Html {
  return html`<svg viewBox="0 0 100 10" style="width:6rem" aria-hidden="true"><rect class="track" width="100" height="10" rx="2"/><rect class="bar" width="${(share * 100).toFixed(1)}" height="10" rx="2"/></svg>`;
}

function decisions({ blocks, overrides, clearings }: FieldPolicy): Html[] {
  const lines = [
    ...blocks.map((each) => ({ ...each, what: "blocked" })),
    ...overrides.map((each) => ({ ...each, what: `overridden until ${dateText(each.untilSeconds)}` })),
    ...clearings.map((each) => ({ ...each, what: "to be cleared" })),
  ].map(
    ({ event, field, what, by, sinceSeconds, reason }) =>
      html`<li><b>${event}.${field}</b> ${what} by ${by}, ${dateText(sinceSeconds)}: ${reason}</li>`,
  );
  return lines.length === 0 ? [] : [html`<h3>Decisions in force</h3><ul>${lines}</ul>`];
}

function charts(title: string, figures: readonly Html[]): Html[] {
  return figures.length === 0
    ? []
    : [html`<h3>${title}</h3>${legendOf(title)}<div class="charts">${figures}</div>`];
}

function legendOf(title: string): Html[] {
  return title.startsWith("Uniqueness")
    ? [html`<p class="legend">Solid: values. Dashed: clients. Across: k.</p>`]
    : [];
}

function curvesOf(subjects: readonly MeasuredSubject[], { curves }: Details): Html[] {
  return subjects.slice(0, MAX_CHARTS).flatMap((subject) => {
    const points = curves.filter((point) => isOf(point, subject));
    if (points.length === 0) return [];
    return [
      lineChart(
        nameOf(subject),
        points.map(({ k }) => String(k)),
        [
          { name: "values", className: "first", shares: points.map((point) => point.values_below) },
          { name: "clients", className: "second", shares: points.map((point) => point.pids_below) },
        ],
      ),
    ];
  });
}

function trendsOf(subjects: readonly MeasuredSubject[], { trend }: Details): Html[] {
  return subjects.slice(0, MAX_CHARTS).flatMap((subject) => {
    const points = trend.filter((point) => isOf(point, subject));
    const windows = points.map(({ window }) => window);
    if (points.length === 0) return [];
    const first = Math.min(...windows);
    const ticks = Array.from({ length: Math.max(...windows) - first + 1 }, (_, index) => first + index);
    const shares = ticks.map((window) => points.find((point) => point.window === window)?.exposed_pids);
    const last = ticks.at(-1) ?? first;
    return [
      lineChart(
        nameOf(subject),
        ticks.map((window) => (window === last ? "last" : `-${last - window}`)),
        [{ name: "clients exposed", className: "first", shares }],
      ),
    ];
  });
}

function isOf(point: Pick<TrendPoint, "use_case" | "event" | "fields">, subject: MeasuredSubject): boolean {
  return point.use_case === subject.use_case && nameOf(point) === nameOf(subject);
}

function nameOf({ event, fields }: Pick<TrendPoint, "event" | "fields">): string {
  return `${event}.${fields.join(" + ")}`;
}
