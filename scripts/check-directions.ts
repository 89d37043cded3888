import { join } from "node:path";
import { checkWorkspace } from "./directions/check-workspace.ts";
import { readWorkspace } from "./directions/read-workspace.ts";
import { reportFindings } from "./finding.ts";

const packages = readWorkspace(join(import.meta.dirname, ".."));
const fileCount = packages.reduce((sum, each) => sum + each.files.length, 0);
reportFindings(checkWorkspace(packages), `${packages.length} packages, ${fileCount} files`);
