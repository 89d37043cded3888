import { posix } from "node:path";
import type { Finding } from "../finding.ts";
import type { Page, Piece } from "./read-markdown.ts";

/** What a page may refer to. Paths are from the root of the repository, with `/`. */
export interface Surroundings {
  readonly pages: ReadonlyMap<string, Page>;
  readonly exists: (path: string) => boolean;
  /** Scripts of the root package.json. */
  readonly scripts: ReadonlySet<string>;
  /** `packageManager` of the root package.json: `pnpm@1.2.3`. */
  readonly packageManager: string;
}

/** Every fault of one page: dead links and anchors, commands that do not exist, traces of a machine. */
export function checkPage(file: string, page: Page, around: Surroundings): Finding[] {
  const check = (pieces: readonly Piece[], faultsOf: (text: string) => string[]) =>
    pieces.flatMap(({ text, line }) => faultsOf(text).map((message) => ({ file, line, message })));
  return [
    ...check(page.links, (target) => linkFaults(target, file, around)),
    ...check(page.code, (code) => commandFaults(code, around)),
    ...check(page.lines, traceFaults),
  ];
}

function linkFaults(target: string, file: string, around: Surroundings): string[] {
  if (/^[a-z][a-z+.-]*:/i.test(target)) return [];
  const [path = "", anchor] = target.split("#").map(decodeURIComponent);
  if (path.startsWith("/")) return [`"${target}" is not a relative link`];
  const resolved = path === "" ? file : posix.join(posix.dirname(file), path);
  if (resolved.startsWith("..")) return [`"${target}" leaves the repository`];
  if (!around.exists(resolved)) return [`"${target}" leads nowhere: there is no ${resolved}`];
  const page = around.pages.get(resolved);
  return anchor && page && !page.anchors.has(anchor)
    ? [`"${target}": ${resolved} has no heading "#${anchor}"`]
    : [];
}

/** What pnpm itself understands and pages have a use for; every other word must be a script. */
const pnpmCommands = new Set(["add", "dlx", "exec", "install", "run"]);

function commandFaults(code: string, { scripts, packageManager }: Surroundings): string[] {
  return [...code.matchAll(/\bpnpm(@[^\s`]+)?[ \t]+(?:run[ \t]+)?([a-z][\w:-]*)/g)].flatMap(
    ([, pin = "", script = ""]) => {
      const faults: string[] = [];
      if (/^@\d/.test(pin) && `pnpm${pin}` !== packageManager)
        faults.push(`pnpm${pin} is not the pinned ${packageManager}`);
      if (!scripts.has(script) && !pnpmCommands.has(script))
        faults.push(`there is no script "${script}" in package.json`);
      return faults;
    },
  );
}

const traces = [
  {
    what: "a package registry's host",
    pattern: /\b[\w.-]*(?:registry|artifactory|verdaccio|npmmirror)[\w-]*\.[\w.-]*\w/gi,
  },
  {
    what: "a path of one machine",
    pattern: /(?<![\w./-])(?:\/(?:home|Users|root|work|workspace)\/[\w./-]+|[A-Z]:\\[\w\\.-]+)/g,
  },
];

function traceFaults(text: string): string[] {
  return traces.flatMap(({ what, pattern }) =>
    [...text.matchAll(pattern)].map(([found]) => `"${found}" is ${what}`),
  );
}
