import workedExample from "../../packages/crypto-core/test/vectors/worked-example.json" with { type: "json" };
import { LIMITS, PROBLEMS } from "../../packages/protocol/src/index.ts";

/** Replaces what stands between `<!-- name:begin -->` and `<!-- name:end -->` by the table of that name. */
export function generateProtocolTables(page: string): string {
  return Object.entries({ problems: problems(), limits: limits(), example: example() }).reduce(
    (text, [name, table]) => replaceSection(text, name, table),
    page,
  );
}

function replaceSection(page: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the page has no section ${name}`);
  return `${page.slice(0, from + begin.length)}\n\n${content}\n\n${page.slice(to)}`;
}

function problems(): string {
  const rows = Object.entries(PROBLEMS).map(
    ([code, { status, title, action }]) => `| \`${code}\` | ${status} | ${title} | \`${action}\` |`,
  );
  return ["| code | status | title | client |", "|---|---|---|---|", ...rows].join("\n");
}

function limits(): string {
  const rows = Object.entries(LIMITS).map(
    ([name, value]) => `| \`${name}\` | ${value.toLocaleString("en-US")} |`,
  );
  return ["| limit | value |", "|---|---|", ...rows].join("\n");
}

function example(): string {
  const rows = Object.entries({ ...workedExample.given, ...workedExample.derived })
    .filter(([name]) => name !== "bodyHex")
    .map(([name, value]) => `${name.padEnd(18)}${value}`.trimEnd());
  return ["```", ...rows, "```"].join("\n");
}
