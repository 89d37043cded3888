/** What a PromQL expression asks for: enough to see whether the services have it. Whether it parses at all, promtool says. */
export interface Asked {
  readonly selectors: readonly Selector[];
  /** Labels that results are grouped or matched by. */
  readonly groupedBy: readonly string[];
}

export interface Selector {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
}

export interface Matcher {
  readonly label: string;
  /** Each value that an `=~` lists, where it is a list. */
  readonly values: readonly string[];
}

const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
const SELECTOR = /([a-zA-Z_:][\w:]*)\s*(?:\{([^}]*)\})?(?!\s*\(|[\w:{])/g;
const MATCHER = /(\w+)\s*(?:=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"/g;
/** Words that are no metrics, and what is left of a duration or a number once its digits are gone. */
const WORDS = new Set(["and", "or", "unless", "offset", "bool", "inf", "nan"]);

export function readPromql(expression: string): Asked {
  const groupedBy = [...expression.matchAll(GROUPING)].flatMap(([, list = ""]) => namesIn(list));
  const text = expression
    .replace(GROUPING, " ")
    .replace(/\[[^\]]*\]/g, " ")
    .replace(/\b\d[\d.]*(?:ms|[smhdwy])?\b/g, (number, at: number, whole: string) =>
      isInsideQuotes(whole, at) ? number : " ",
    );
  const selectors = [...text.matchAll(SELECTOR)].flatMap(([, metric = "", inBraces = ""]) =>
    WORDS.has(metric.toLowerCase()) ? [] : [{ metric, matchers: matchersIn(inBraces) }],
  );
  return { selectors, groupedBy };
}

function namesIn(list: string): string[] {
  return list.split(",").flatMap((name) => name.trim() || []);
}

function matchersIn(inBraces: string): Matcher[] {
  return [...inBraces.matchAll(MATCHER)].map(([, label = "", value = ""]) => ({
    label,
    values: value.split("|"),
  }));
}

function isInsideQuotes(text: string, at: number): boolean {
  return (text.slice(0, at).split('"').length - 1) % 2 === 1;
}
