import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { OffsetOutOfRangeError, type PartitionReader } from "@dit/storage";
import { eventCountOf, parseRecord, type SinkRecord } from "./sink-record.ts";

const RECORDS_PER_READ = 256;
/** Parsed without a pause: a few milliseconds. */
const RECORDS_PER_TURN = 32;
/** Between looks at a log whose records come one by one. */
const GATHER_MS = 20;

/**
 * Records from `from` on that come to about `maxEvents` events, or what has come `maxWaitMs` after the first; none if none came
 * for that long. Gives up waiting when `signal` aborts. `ahead`: the first of them, if they have been read.
 */
export async function gatherRecords(
  reader: PartitionReader,
  from: number,
  bounds: { readonly maxEvents: number; readonly maxWaitMs: number; readonly signal: AbortSignal },
  ahead: readonly SinkRecord[] = [],
): Promise<SinkRecord[]> {
  const { maxEvents, maxWaitMs, signal } = bounds;
  const batch = new Gathering(maxEvents, ahead);
  if (ahead.length === 0) await batch.add(await reader.read(from, RECORDS_PER_READ, maxWaitMs));
  const deadlineMs = performance.now() + maxWaitMs;
  while (!batch.full && batch.records.length > 0 && !signal.aborted && performance.now() < deadlineMs) {
    const read = await readOn(reader, from + batch.records.length);
    if (read === undefined) break;
    await batch.add(read);
    if (read.length < RECORDS_PER_READ && !batch.full) await pause(deadlineMs, signal);
  }
  return batch.records;
}

/**
 * What the log has from `from` on by now, at most about `maxEvents` events; none if it cannot be read, which whoever needs them will
 * meet. Ends when `signal` aborts.
 */
export async function readAhead(
  reader: PartitionReader,
  from: number,
  { maxEvents, signal }: { readonly maxEvents: number; readonly signal: AbortSignal },
): Promise<SinkRecord[]> {
  const batch = new Gathering(maxEvents);
  try {
    for (let isMore = true; isMore && !batch.full && !signal.aborted; ) {
      const read = await reader.read(from + batch.records.length, RECORDS_PER_READ, 0);
      await batch.add(read);
      isMore = read.length === RECORDS_PER_READ;
    }
    return batch.records;
  } catch {
    return [];
  }
}

/** Exactly the records [from, to), or those of them that first come to `maxEvents`. Throws OffsetOutOfRangeError. */
export async function readRange(
  reader: PartitionReader,
  from: number,
  to: number,
  maxEvents = Number.POSITIVE_INFINITY,
): Promise<SinkRecord[]> {
  const batch = new Gathering(maxEvents);
  while (!batch.full && from + batch.records.length < to) {
    const next = from + batch.records.length;
    const read = await reader.read(next, Math.min(RECORDS_PER_READ, to - next), 0);
    if (read.length === 0) throw new Error("the log ends before the range");
    await batch.add(read);
  }
  return batch.records;
}

class Gathering {
  readonly records: SinkRecord[];
  private events: number;
  private readonly maxEvents: number;

  constructor(maxEvents: number, ahead: readonly SinkRecord[] = []) {
    this.maxEvents = maxEvents;
    this.records = [...ahead];
    this.events = ahead.reduce((sum, record) => sum + countOf(record), 0);
  }

  get full(): boolean {
    return this.events >= this.maxEvents;
  }

  /** Takes records until it is full; the rest is read again by the next batch. */
  async add(read: Awaited<ReturnType<PartitionReader["read"]>>): Promise<void> {
    for (const [index, logged] of read.entries()) {
      if (this.full) return;
      const record = parseRecord(logged);
      this.records.push(record);
      this.events += countOf(record);
      if (index % RECORDS_PER_TURN === RECORDS_PER_TURN - 1) await nextTurn();
    }
  }
}

function countOf(record: SinkRecord): number {
  return Math.max(1, eventCountOf(record));
}

/** Undefined: the log let go of what follows. What is in hand is not lost with it. */
function readOn(reader: PartitionReader, from: number) {
  return reader.read(from, RECORDS_PER_READ, 0).catch((error: unknown) => {
    if (error instanceof OffsetOutOfRangeError) return undefined;
    throw error;
  });
}

async function pause(deadlineMs: number, signal: AbortSignal): Promise<void> {
  const leftMs = Math.max(0, deadlineMs - performance.now());
  await sleep(Math.min(GATHER_MS, leftMs), undefined, { signal }).catch(() => undefined);
}
