import { readFileSync } from "node:fs";
import { join } from "node:path";

const PAGE = join(import.meta.dirname, "../../../../docs/ANALYSTS.md");

export function readPage(): string {
  return readFileSync(PAGE, "utf8");
}

/** Every fenced `sql` block of a page, by the heading above it, which must be its own. */
export function queriesIn(page: string): ReadonlyMap<string, string> {
  const queries = new Map<string, string>();
  let heading = "";
  for (const part of page.split(/^(#+ .*\n|```sql\n[\s\S]*?\n```$)/m)) {
    const [, title] = /^#+ (.*)\n$/.exec(part) ?? [];
    const [, sql] = /^```sql\n([\s\S]*)\n```$/.exec(part) ?? [];
    if (title !== undefined) heading = title;
    if (sql === undefined) continue;
    if (queries.has(heading)) throw new Error(`two queries under "${heading}"`);
    queries.set(heading, sql);
  }
  return queries;
}
