import type { Warehouse } from "@dit/storage";
import type { Measurement, Subject } from "../measurement.ts";
import { wilsonShare } from "../share.ts";
import { estimateSizes, type SubjectSize } from "./estimate-sizes.ts";
import type { EventScan } from "./event-scan.ts";
import { linkabilityOf } from "./linkability.ts";
import { type PeopleSample, samplePeople } from "./sample-people.ts";
import { sampleValues, type ValueSample } from "./sample-values.ts";

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
  const samples = await sampleValues(warehouse, scan, sizes, k);
  const parts = scan.subjects
    .map((subject, index) => ({ subject, size: sizes[index], sample: samples[index] }))
    .filter((part): part is Part => part.size !== undefined && part.size.rows > 0);
  const people = await peopleOf(warehouse, scan, parts, k);
  return parts.map((part) => toMeasured(scan, k, part, people.get(part.subject)));
}

interface Part {
  readonly subject: Subject;
  readonly size: SubjectSize;
  readonly sample: ValueSample;
}

/** People are drawn only where not all values are known. */
async function peopleOf(
  warehouse: Warehouse,
  scan: EventScan,
  parts: readonly Part[],
  k: number,
): Promise<Map<Subject, PeopleSample>> {
  const people = new Map<Subject, PeopleSample>();
  const sampled = parts.filter(({ sample }) => sample.sampledShare < 1);
  for (const chunk of chunksOf(sampled, SAMPLED_SUBJECTS_PER_PASS)) {
    const subjects = chunk.map(({ subject }) => subject);
    const sizes = chunk.map(({ size }) => size);
    const answers = await samplePeople(warehouse, { ...scan, subjects }, sizes, k);
    for (const [index, answer] of answers.entries()) {
      const subject = subjects[index];
      if (subject !== undefined) people.set(subject, answer);
    }
  }
  return people;
}

function toMeasured(
  { now }: EventScan,
  k: number,
  { subject, size, sample }: Part,
  people: PeopleSample | undefined,
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
