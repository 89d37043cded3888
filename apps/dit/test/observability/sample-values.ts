const SAMPLE = /^([a-zA-Z_:][\w:]*)\{(.*)\} \S+$/;
const LABEL = /(\w+)="([^"]*)"/g;

/** The values that a label of a series has in texts of /metrics. */
export function valuesOf(texts: readonly string[], metric: string, label: string): Set<string> {
  const found = new Set<string>();
  for (const line of texts.flatMap((text) => text.split("\n"))) {
    const [, name, labels = ""] = SAMPLE.exec(line) ?? [];
    if (name !== metric) continue;
    for (const [, key, value = ""] of labels.matchAll(LABEL)) if (key === label) found.add(value);
  }
  return found;
}
