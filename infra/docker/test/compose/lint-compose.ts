import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DCLinter } from "dclint";

/** Order follows meaning here, not the alphabet; quotes are where YAML needs them. */
const RULES = {
  "no-quotes-in-volumes": 0,
  "require-quotes-in-ports": 0,
  "service-dependencies-alphabetical-order": 0,
  "service-keys-order": 0,
  "service-ports-alphabetical-order": 0,
  "services-alphabetical-order": 0,
  "top-level-properties-order": 0,
} as const;

/** As dclint has it; its own declarations do not resolve under Node's rules. */
interface LintResult {
  readonly messages: readonly { readonly rule: string; readonly line: number; readonly message: string }[];
}

/** What dclint says of a compose file: the Compose Specification's JSON schema, and its own rules. */
export function lintCompose(text: string): string[] {
  const directory = mkdtempSync(join(tmpdir(), "dit-compose-"));
  try {
    const path = join(directory, "compose.yaml");
    writeFileSync(path, text);
    const linter = new DCLinter({ rules: RULES, quiet: false, debug: false, exclude: [] });
    const results: readonly LintResult[] = linter.lintFiles([path], false);
    const messages = results.flatMap((result) => result.messages);
    return messages.map(({ rule, line, message }) => `line ${line}: ${rule}: ${message}`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
