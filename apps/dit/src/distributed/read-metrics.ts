import type { Counted } from "../pipeline/pipeline-account.ts";

const ANSWERS_WITHIN_MS = 5_000;
const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="([^"]*)"/g;

/** One reading of the Prometheus texts of a service's instances, added up. Throws if one does not answer. */
export async function readMetrics(service: string, adminUrls: readonly string[]): Promise<Counted> {
  const texts = await Promise.all(adminUrls.map(readText));
  const prefix = `dit_${service}_`;
  return {
    async value(name, labels = {}) {
      const full = prefix + name;
      // As in one process: a misspelt name must not read 0.
      if (!texts.every((text) => text.includes(`# TYPE ${full} `)))
        throw new Error(`no metric is named ${full}`);
      return texts
        .flatMap((text) => samplesOf(text, full))
        .filter((sample) =>
          Object.entries(labels).every(([label, value]) => sample.labels.get(label) === String(value)),
        )
        .reduce((sum, sample) => sum + sample.value, 0);
    },
  };
}

async function readText(adminUrl: string): Promise<string> {
  const url = `${adminUrl}/metrics`;
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) }).catch(
    (error: unknown) => {
      throw new Error(`nothing answers at ${url}`, { cause: error });
    },
  );
  return await response.text();
}

function samplesOf(text: string, name: string): { labels: Map<string, string>; value: number }[] {
  return text.split("\n").flatMap((line) => {
    const [, sampled, labels = "", value] = SAMPLE.exec(line) ?? [];
    if (sampled !== name) return [];
    const pairs = [...labels.matchAll(LABEL)].map(([, label = "", of = ""]) => [label, of] as const);
    return [{ labels: new Map(pairs), value: Number(value) }];
  });
}
