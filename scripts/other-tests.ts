import { globSync } from "node:fs";
import { join } from "node:path";

/** Vitest's global setup, for its teardown alone: after a run it says which checks did not run and how to run them. */
export function teardown(): void {
  const cwd = join(import.meta.dirname, "..");
  const engineFiles = globSync("{packages,apps,infra}/**/*.engines.test.ts", {
    cwd,
    exclude: ["**/node_modules"],
  });
  console.log(
    [
      "",
      `Also: \`pnpm test:engines\` runs the long tests on the real engines (${engineFiles.length} files),`,
      "      `pnpm verify` checks types, lint, import directions, dead code and links.",
    ].join("\n"),
  );
}
