/** One fault a checker found: where it is and what to change. `line` counts from 1. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** `file:line  message`, in the order of the files, so that two runs print the same. */
export function formatFindings(findings: readonly Finding[]): string[] {
  return findings
    .toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.message.localeCompare(b.message))
    .map(({ file, line, message }) => `${file}:${line}  ${message}`);
}

/** Prints a checker's outcome and sets the exit code: the whole `main` of a checker after its work. */
export function reportFindings(findings: readonly Finding[], checked: string): void {
  for (const line of formatFindings(findings)) console.error(line);
  if (findings.length > 0) process.exitCode = 1;
  else console.log(`${checked}: nothing to report`);
}
