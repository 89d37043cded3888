import { rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatFindings } from "./finding.ts";
import { checkPage } from "./links/check-page.ts";
import { readRepository } from "./links/read-repository.ts";
import { plantFiles } from "./testing/plant-files.ts";

const readme = `# Title
[design](docs/DESIGN.md#2-the-house--rooms) ![plan](docs/plan.svg "the plan") [here](#title) <a href="docs/">docs</a>
[outside](https://example.org/nowhere) [label]

[label]: docs/DESIGN.md#again-1

\`npx -y pnpm@1.2.3 start\`, then \`curl localhost\`; pnpm installs by itself.

\`\`\`sh
# not a heading
pnpm run test --reporter=dot && pnpm exec node x.ts && pnpm@<pin> test:engines
[not a link](nowhere.md)
\`\`\`
`;

const clean = {
  "package.json": JSON.stringify({
    packageManager: "pnpm@1.2.3",
    scripts: { start: "a", test: "b", "test:engines": "c" },
  }),
  "README.md": readme,
  "docs/DESIGN.md": "## 2. The `house` & rooms\n## Again\n## Again\n[up](../README.md#title)\n",
  "docs/plan.svg": "",
  "packages/x/node_modules/y/README.md": "[dead](nowhere.md)",
};

function findingsIn(changed: Record<string, string>): string[] {
  const root = plantFiles({ ...clean, ...changed });
  try {
    const repository = readRepository(root);
    return formatFindings([...repository.pages].flatMap(([file, page]) => checkPage(file, page, repository)));
  } finally {
    rmSync(root, { recursive: true });
  }
}

describe("check-links", () => {
  it("lets a clean tree pass", () => {
    expect(findingsIn({})).toEqual([]);
  });

  it.each<[fault: string, text: string, finding: string]>([
    ["a dead link", "\n[a](NOPE.md)", `docs/A.md:2  "NOPE.md" leads nowhere: there is no docs/NOPE.md`],
    ["a dead image", "![a](nope.svg)", `docs/A.md:1  "nope.svg" leads nowhere`],
    ["a dead reference", "[a]: ../nope", `docs/A.md:1  "../nope" leads nowhere: there is no nope`],
    [
      "a dead anchor",
      "[a](DESIGN.md#3-roof)",
      `docs/A.md:1  "DESIGN.md#3-roof": docs/DESIGN.md has no heading`,
    ],
    [
      "a dead anchor of its own",
      "# Here\n[a](#there)",
      `docs/A.md:2  "#there": docs/A.md has no heading "#there"`,
    ],
    ["a heading that is only code", "```\n# here\n```\n[a](#here)", `docs/A.md:4  "#here"`],
    ["a link out of the repository", "[a](../../x)", `docs/A.md:1  "../../x" leaves the repository`],
    ["a link from the root", "[a](/README.md)", `docs/A.md:1  "/README.md" is not a relative link`],
    [
      "a command that is no script",
      "`pnpm verify`",
      `docs/A.md:1  there is no script "verify" in package.json`,
    ],
    [
      "the same in a block",
      "```\nx; npx -y pnpm@1.2.3 run x:y\n```",
      `docs/A.md:2  there is no script "x:y"`,
    ],
    ["another pnpm", "`npx -y pnpm@1.2.4 test`", "docs/A.md:1  pnpm@1.2.4 is not the pinned pnpm@1.2.3"],
    [
      "a registry's host",
      "from https://registry.example.org/x",
      `docs/A.md:1  "registry.example.org" is a package`,
    ],
    ["a machine's path", "`cd /home/alice/dit`", `docs/A.md:1  "/home/alice/dit" is a path of one machine`],
  ])("finds %s", (_fault, text, finding) => {
    const findings = findingsIn({ "docs/A.md": text });
    expect(findings).toHaveLength(1);
    expect(findings[0]).toContain(finding);
  });
});
