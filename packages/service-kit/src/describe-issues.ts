import { z } from "zod";

const MAX_PROBLEMS = 20;
/** Deeper than any schema here; ends the walk of one that refers to itself. */
const MAX_DEPTH = 12;

/**
 * One line for each issue, `events[3].name: Too big: ...`. Never a value. Keys are shown in full: only for a document whose
 * author reads the answer.
 */
export function describeIssues(issues: readonly z.core.$ZodIssue[]): string[] {
  return describe(issues, () => true);
}

/** The same for a stranger's document: a key that `schema` does not declare is shown as `*`, since it may hold anything. */
export function describeIssuesWithoutInput(
  issues: readonly z.core.$ZodIssue[],
  schema: z.core.$ZodType,
): string[] {
  const declared = new Set<string>();
  collectKeys(schema, declared, 0);
  return describe(issues, (key) => declared.has(key));
}

function describe(issues: readonly z.core.$ZodIssue[], mayShow: (key: string) => boolean): string[] {
  return issues.slice(0, MAX_PROBLEMS).map((issue) => {
    const message =
      issue.code === "unrecognized_keys"
        ? `unknown keys: ${issue.keys.map((key) => (mayShow(key) ? key : "*")).join(", ")}`
        : issue.message;
    return `${pathText(issue.path, mayShow)}: ${message}`;
  });
}

function pathText(path: readonly PropertyKey[], mayShow: (key: string) => boolean): string {
  const text = path
    .map((part) =>
      typeof part === "number" ? `[${part}]` : `.${mayShow(String(part)) ? String(part) : "*"}`,
    )
    .join("");
  return text === "" ? "(document)" : text.replace(/^\./, "");
}

function collectKeys(node: unknown, into: Set<string>, depth: number): void {
  if (depth > MAX_DEPTH || typeof node !== "object" || node === null) return;
  if (node instanceof z.core.$ZodObject) for (const key of Object.keys(node._zod.def.shape)) into.add(key);
  const children = node instanceof z.core.$ZodType ? node._zod.def : node;
  for (const child of Object.values(children)) collectKeys(child, into, depth + 1);
}
