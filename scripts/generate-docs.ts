import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { configurationTables } from "./docs/configuration-tables.ts";
import { metricTables } from "./docs/metric-tables.ts";
import { protocolTables } from "./docs/protocol-tables.ts";
import { replaceSections } from "./docs/replace-sections.ts";

/** Writes the parts of pages that code knows better. `--check` writes nothing and fails if a page is behind. */
const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });

const PAGES = {
  "docs/PROTOCOL.md": protocolTables,
  "docs/CONFIGURATION.md": configurationTables,
  "docs/METRICS.md": metricTables,
};

for (const [name, sections] of Object.entries(PAGES)) {
  const path = join(import.meta.dirname, "..", name);
  const current = readFileSync(path, "utf8");
  const wanted = replaceSections(current, sections());
  if (values.check && current !== wanted) {
    console.log(`${name} is behind the code: run \`pnpm generate-docs\``);
    process.exitCode = 1;
  } else if (!values.check) writeFileSync(path, wanted);
}
