import { join } from "node:path";
import { reportFindings } from "./finding.ts";
import { checkPage } from "./links/check-page.ts";
import { readRepository } from "./links/read-repository.ts";

const repository = readRepository(join(import.meta.dirname, ".."));
const findings = [...repository.pages].flatMap(([file, page]) => checkPage(file, page, repository));
reportFindings(findings, `${repository.pages.size} pages`);
