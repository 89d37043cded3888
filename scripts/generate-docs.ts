import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { generateProtocolTables } from "./docs/protocol-tables.ts";

/** Writes the parts of docs/PROTOCOL.md that code knows better. `--check` writes nothing and fails if they are behind. */
const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const path = join(import.meta.dirname, "../docs/PROTOCOL.md");
const current = readFileSync(path, "utf8");
const wanted = generateProtocolTables(current);

if (values.check && current !== wanted) {
  console.log("docs/PROTOCOL.md is behind the code: run `pnpm generate-docs`");
  process.exitCode = 1;
} else if (!values.check) writeFileSync(path, wanted);
