/** One gate of `verify`: a name for people and the command whose exit code decides. */
export interface Gate {
  readonly name: string;
  /** A program of node_modules/.bin and its arguments. */
  readonly command: readonly [program: string, ...args: string[]];
}

export const GATES: readonly Gate[] = [
  { name: "types", command: ["turbo", "run", "typecheck", "--continue", "--output-logs=errors-only"] },
  { name: "types of scripts", command: ["tsc", "-p", "scripts"] },
  { name: "lint and format", command: ["biome", "check", "--max-diagnostics=100", "."] },
  { name: "directions", command: ["node", "scripts/check-directions.ts"] },
  { name: "dead code", command: ["knip", "--no-config-hints", "--no-progress"] },
  { name: "docs tables", command: ["node", "scripts/generate-docs.ts", "--check"] },
  { name: "docs links", command: ["node", "scripts/check-links.ts"] },
];
