import { readdirSync } from "node:fs";
import { join } from "node:path";

interface Pattern {
  readonly negated: boolean;
  readonly segments: readonly string[];
  readonly whole: RegExp;
}

/**
 * The files of `root` that a builder is sent: those whose last matching line of the .dockerignore begins with `!`, or that none matches. A
 * line that matches a folder matches what is in it. `*` stays within a name, `**` does not.
 */
export function contextFiles(root: string, dockerignore: string): string[] {
  const patterns = readPatterns(dockerignore);
  const walk = (folder: string): string[] =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (!entry.isDirectory()) return isSent(path, patterns) ? [path] : [];
      return isSent(path, patterns) || mayContain(path, patterns) ? walk(path) : [];
    });
  return walk("");
}

export function readPatterns(dockerignore: string): Pattern[] {
  const lines = dockerignore.split("\n").map((line) => line.trim());
  return lines
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const segments = line.replace(/^!/, "").split("/");
      const source = segments.map((each) => (each === "**" ? ".*" : segmentSource(each))).join("/");
      // `**/` is any number of folders, none included; what is below a match is matched too.
      const whole = new RegExp(`^${source.replaceAll(".*/", "(?:.*/)?")}(?:/.*)?$`);
      return { negated: line.startsWith("!"), segments, whole };
    });
}

export function isSent(path: string, patterns: readonly Pattern[]): boolean {
  return patterns.findLast(({ whole }) => whole.test(path))?.negated ?? true;
}

/** Whether a `!` line may match something below that folder. */
function mayContain(folder: string, patterns: readonly Pattern[]): boolean {
  const names = folder.split("/");
  return patterns.some(
    ({ negated, segments }) =>
      negated &&
      names.length < segments.length &&
      names.every((name, index) => new RegExp(`^${segmentSource(segments[index] ?? "")}$`).test(name)),
  );
}

function segmentSource(segment: string): string {
  return segment
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", "[^/]*")
    .replaceAll("?", "[^/]");
}
