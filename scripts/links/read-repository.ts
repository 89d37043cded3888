import { existsSync, globSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import type { Surroundings } from "./check-page.ts";
import { readMarkdown } from "./read-markdown.ts";

/** Reads every Markdown page under `root` that is not somebody else's or generated. */
export function readRepository(root: string): Surroundings {
  const manifest: { scripts: Record<string, string>; packageManager: string } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  );
  const paths = globSync("**/*.md", {
    cwd: root,
    exclude: ["**/node_modules", "**/dist", "**/.dit", ".git"],
  });
  return {
    pages: new Map(
      paths
        .sort()
        .map((path) => [path.split(sep).join("/"), readMarkdown(readFileSync(join(root, path), "utf8"))]),
    ),
    exists: (path) => existsSync(join(root, path)),
    scripts: new Set(Object.keys(manifest.scripts)),
    packageManager: manifest.packageManager,
  };
}
