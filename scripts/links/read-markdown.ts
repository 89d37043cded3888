/** A piece of a page and the line it is on, from 1. */
export interface Piece {
  readonly text: string;
  readonly line: number;
}

/** What the checks look at in one Markdown page. */
export interface Page {
  /** Targets of links and images, as written. */
  readonly links: readonly Piece[];
  /** Inline code and the lines of code blocks. */
  readonly code: readonly Piece[];
  /** Every line, code and prose. */
  readonly lines: readonly Piece[];
  /** What may follow `#` in a link to this page: GitHub's anchors of the headings, and explicit ids. */
  readonly anchors: ReadonlySet<string>;
}

const targetPatterns = [
  /\]\(\s*<?([^)\s>]+)>?[^)]*\)/g, // [text](target "title"), also where the text began on a line before
  /^\s*\[[^\]]+\]:\s+<?([^\s>]+)>?/g, // [label]: target
  /\b(?:href|src)="([^"]+)"/g,
];

/** Reads one page. Headings and links inside code do not count. */
export function readMarkdown(text: string): Page {
  const lines = text.split(/\r?\n/).map((each, index) => ({ text: each, line: index + 1 }));
  const links: Piece[] = [];
  const code: Piece[] = [];
  const anchors = new Set<string>();

  let fence: string | undefined;
  for (const { text: whole, line } of lines) {
    const marker = whole.match(/^\s*(`{3,}|~{3,})/)?.[1];
    if (fence !== undefined) {
      if (marker?.startsWith(fence)) fence = undefined;
      else code.push({ text: whole, line });
      continue;
    }
    if (marker !== undefined) {
      fence = marker;
      continue;
    }
    for (const [, span = ""] of whole.matchAll(/`+([^`]+)`+/g)) code.push({ text: span, line });
    addAnchors(whole, anchors);
    const prose = whole.replaceAll(/`+[^`]+`+/g, "");
    for (const pattern of targetPatterns) {
      for (const [, target = ""] of prose.matchAll(pattern)) links.push({ text: target, line });
    }
  }
  return { links, code, lines, anchors };
}

function addAnchors(line: string, anchors: Set<string>): void {
  for (const [, id = ""] of line.matchAll(/<\w+[^>]*\b(?:id|name)="([^"]+)"/g)) anchors.add(id);
  const heading = line.match(/^ {0,3}#{1,6}\s+(.*?)\s*#*$/)?.[1];
  if (heading === undefined) return;
  const anchor = anchorOf(heading);
  let unique = anchor;
  for (let count = 1; anchors.has(unique); count++) unique = `${anchor}-${count}`;
  anchors.add(unique);
}

/** GitHub's rule: the visible text in lower case, without punctuation, spaces as hyphens. */
function anchorOf(heading: string): string {
  return heading
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-");
}
