import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DASHBOARDS, dashboardJson } from "../infra/observability/src/index.ts";
import { configurationTables } from "./docs/configuration-tables.ts";
import { metricTables } from "./docs/metric-tables.ts";
import { protocolTables } from "./docs/protocol-tables.ts";
import { replaceSections } from "./docs/replace-sections.ts";
import { scalePlots } from "./docs/scale-plots.ts";
import { scaleTables } from "./docs/scale-tables.ts";

/** Writes the parts of pages that code knows better, the plots and the dashboards. `--check` writes nothing and fails if one is behind. */
const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });

const PAGES = {
  "docs/PROTOCOL.md": protocolTables,
  "docs/CONFIGURATION.md": configurationTables,
  "docs/METRICS.md": metricTables,
  "docs/SCALE.md": scaleTables,
};

const pathOf = (name: string) => join(import.meta.dirname, "..", name);
const read = (name: string) => (existsSync(pathOf(name)) ? readFileSync(pathOf(name), "utf8") : "");
const pages = Object.entries(PAGES).map(([name, sections]) => [
  name,
  replaceSections(read(name), sections()),
]);
const dashboards = DASHBOARDS.map((dashboard) => [
  `infra/grafana/dashboards/${dashboard.uid}.json`,
  dashboardJson(dashboard),
]);

for (const [name = "", wanted = ""] of [...pages, ...scalePlots(), ...dashboards]) {
  if (values.check && read(name) !== wanted) {
    console.log(`${name} is behind the code: run \`pnpm generate-docs\``);
    process.exitCode = 1;
  } else if (!values.check) writeFileSync(pathOf(name), wanted);
}
