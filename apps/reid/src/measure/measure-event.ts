import type { Warehouse } from "@dit/storage";
import type { Measurement, Subject } from "../measurement.ts";
import { wilsonShare } from "../share.ts";
import { estimateSizes, type SubjectSize } from "./estimate-sizes.ts";
import type { EventScan } from "./event-scan.ts";
import { linkabilityOf } from "./linkability.ts";
import { isSampled, type SubjectSample, sampleValues, type ValueSample } from "./sample-values.ts";

/** A subject's figures, and what to compare it with other use cases by. */
export interface MeasuredSubject {
  readonly measurement: Omit<Measurement, "schemaVersion">;
  readonly sample: ValueSample;
}

/** Each pass takes so many subjects at once: what they need of memory adds up. */
const SUBJECTS_PER_PASS = 16;
const SAMPLED_SUBJECTS_PER_PASS = 4;

/**
 * Measures subjects of one event in one rotation window, against the window before. Memory is bounded by the number of subjects in a
 * pass, whatever the table holds; subjects without a value are left out.
 */
export async function measureEvent(
  warehouse: Warehouse,
  scan: EventScan,
  k: number,
): Promise<MeasuredSubject[]> {
  const measured: MeasuredSubject[] = [];
  for (const subjects of chunksOf(scan.subjects, SUBJECTS_PER_PASS)) {
    measured.push(...(await measureSubjects(warehouse, { ...scan, subjects }, k)));
  }
  return measured;
}

async function measureSubjects(warehouse: Warehouse, scan: EventScan, k: number): Promise<MeasuredSubject[]> {
  const sizes = await estimateSizes(warehouse, scan);
  const parts = scan.subjects
    .map((subject, index) => ({ subject, size: sizes[index] }))
    .filter((part): part is Part => part.size !== undefined && part.size.rows > 0);
  const samples = await sampleParts(warehouse, scan, parts, k);
  return parts.flatMap((part) => {
    const sample = samples.get(part.subject);
    return sample === undefined ? [] : [toMeasured(scan, k, part, sample)];
  });
}

interface Part {
  readonly subject: Subject;
  readonly size: SubjectSize;
}

/** Subjects of which people have to be drawn are apart, as they need more; such as have alike many rows are together, and draw alike many. */
async function sampleParts(
  warehouse: Warehouse,
  scan: EventScan,
  parts: readonly Part[],
  k: number,
): Promise<Map<Subject, SubjectSample>> {
  const sampled = parts.filter(({ size }) => isSampled(size)).toSorted((a, b) => a.size.rows - b.size.rows);
  const whole = parts.filter(({ size }) => !isSampled(size));
  const samples = new Map<Subject, SubjectSample>();
  for (const chunk of [
    ...chunksOf(whole, SUBJECTS_PER_PASS),
    ...chunksOf(sampled, SAMPLED_SUBJECTS_PER_PASS),
  ]) {
    const subjects = chunk.map(({ subject }) => subject);
    const sizes = chunk.map(({ size }) => size);
    const answers = await sampleValues(warehouse, { ...scan, subjects }, sizes, k);
    for (const [index, answer] of answers.entries()) {
      const subject = subjects[index];
      if (subject !== undefined) samples.set(subject, answer);
    }
  }
  return samples;
}

function toMeasured(
  { now }: EventScan,
  k: number,
  { subject, size }: Part,
  { values: sample, people }: SubjectSample,
): MeasuredSubject {
  return {
    sample,
    measurement: {
      ...subject,
      window: now.window,
      rows: size.rows,
      pids: size.pids,
      pidsBefore: size.pidsBefore,
      values: Math.round(sample.values / sample.sampledShare),
      potential2: wilsonShare(sample.unique, sample.values),
      potentialK: wilsonShare(sample.rare, sample.values),
      k,
      exposedPids:
        people === undefined
          ? wilsonShare(Math.min(sample.exposedPids, size.pids), size.pids)
          : wilsonShare(people.exposedPids, people.pids),
      entropyBits:
        people === undefined ? Math.log2(sample.rows) - sample.rowLogs / sample.rows : people.entropyBits,
      linkability: linkabilityOf(sample, { now: size.pids, before: size.pidsBefore }),
    },
  };
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
