import { useCaseSchema } from "@dit/protocol/schemas";

type Issue = NonNullable<ReturnType<typeof useCaseSchema.safeParse>["error"]>["issues"][number];

/** Everything that is wrong with a use-case document, one line each: `events.opened.fields.Count: lower-case letters, ...`. */
export function useCaseProblems(document: unknown): string[] {
  const { error } = useCaseSchema.safeParse(document, { reportInput: true });
  return (error?.issues ?? []).map((issue) => `${pathOf(issue)}: ${messageOf(issue)}`);
}

function pathOf({ path }: Issue): string {
  const text = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return text === "" ? "(document)" : text.replace(/^\./, "");
}

/** Zod's own words, but where they name the mistake and not the rule. */
function messageOf(issue: Issue): string {
  switch (issue.code) {
    case "unrecognized_keys":
      return `${issue.keys.join(", ")}: there is no such key here`;
    case "invalid_key":
      return `the name is not allowed: ${issue.issues.map(({ message }) => message).join("; ")}`;
    case "invalid_type":
      return issue.input === undefined ? "is missing" : issue.message;
    case "invalid_union":
      return "discriminator" in issue ? unionMessage(issue) : issue.message;
    default:
      return issue.message;
  }
}

function unionMessage(issue: Issue): string {
  const options = "options" in issue && Array.isArray(issue.options) ? issue.options : [];
  return options.length === 0 ? issue.message : `must be one of ${options.join(", ")}`;
}
