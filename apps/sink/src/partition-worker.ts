import { errorReason, nowSeconds, utcDay } from "@dit/service-kit";
import { OffsetOutOfRangeError, type PartitionReader } from "@dit/storage";
import { insertedEvents } from "./batch-contents.ts";
import type { BatchRange } from "./batch-range.ts";
import { type DecidedBatch, decideBatch } from "./decide-batch.ts";
import { decodeIntent, encodeIntent } from "./intent.ts";
import { ledgerRangeAt } from "./ledger.ts";
import { type MadeBatch, makeBatch } from "./make-batch.ts";
import { gatherRecords, readAhead, readRange } from "./read-records.ts";
import { type ReconcileReport, type ReconcileScope, reconcilePartition } from "./reconcile-partition.ts";
import { loadRepeats } from "./repeats.ts";
import { untilDone } from "./retry.ts";
import { CONSUMER_GROUP, type SinkParts } from "./sink-parts.ts";
import type { SinkRecord } from "./sink-record.ts";
import { noteLost, storeBatch } from "./store-batch.ts";

interface ReconcileTask extends PromiseWithResolvers<ReconcileReport> {
  readonly whole: boolean;
}

/**
 * Brings one partition into the warehouse, batch after batch: decide, make the decision durable, store, move the offset. Everything
 * that touches the partition's rows happens in its one loop, so that nothing needs a lock.
 */
export class PartitionWorker {
  readonly partition: number;
  /** Why the batch at hand does not get on; undefined while it does. */
  stalledBy: unknown;
  private readonly parts: SinkParts;
  private readonly reader: PartitionReader;
  private readonly signal: AbortSignal;
  private readonly tasks: ReconcileTask[] = [];
  private repeats = new Map<string, string>();
  private repeatsOfDay = "";
  /** Read while the batch before was stored. */
  private ahead: { readonly from: number; readonly records: readonly SinkRecord[] } | undefined;
  private reconciledTo = 0;

  constructor(parts: SinkParts, reader: PartitionReader, signal: AbortSignal) {
    this.parts = parts;
    this.reader = reader;
    this.signal = signal;
    this.partition = reader.partition;
  }

  /** Until the signal aborts; a batch that was begun is finished first, unless it fails then. */
  async run(): Promise<void> {
    try {
      await this.insist("tables", () => this.parts.prepareTables());
      let offset = await this.insist("resume", () => this.resume());
      await this.reconcileNow(true).catch(() => undefined);
      while (!this.signal.aborted) {
        for (const task of this.tasks.splice(0)) {
          await this.reconcileNow(task.whole).then(task.resolve, task.reject);
        }
        offset = await this.nextBatch(offset);
      }
    } finally {
      for (const task of this.tasks.splice(0))
        task.reject(new Error("the partition is not consumed any more"));
    }
  }

  /** Between two batches. `whole`: everything the settings look back on, not only what is new since the last time. */
  reconcile(whole: boolean): Promise<ReconcileReport> {
    const task = { whole, ...Promise.withResolvers<ReconcileReport>() };
    this.tasks.push(task);
    return task.promise;
  }

  /** Finishes the batch that an earlier life began, with the decisions of that life. */
  private async resume(): Promise<number> {
    await this.loadRepeats();
    const { offset, metadata } = await this.reader.committed();
    if (metadata === "") return offset;
    const intent = decodeIntent(metadata);
    try {
      const records = await readRange(this.reader, offset, intent.to);
      await this.finish(offset, { records, intent }, true);
      return intent.to;
    } catch (error) {
      if (error instanceof OffsetOutOfRangeError) return await this.skipLost(offset);
      throw error;
    }
  }

  private async nextBatch(from: number): Promise<number> {
    const { batch } = this.parts.config;
    const ahead = this.ahead?.from === from ? this.ahead.records : [];
    this.ahead = undefined;
    const gather = async () => {
      try {
        return await gatherRecords(this.reader, from, { ...batch, signal: this.signal }, ahead);
      } catch (error) {
        if (error instanceof OffsetOutOfRangeError) return this.skipLost(from);
        throw error;
      }
    };
    const records = await this.insist("read", gather);
    if (typeof records === "number") return records;
    if (records.length === 0) return from;
    const stop = this.parts.metrics.batchSeconds.startTimer();
    const decided = await this.insist("decide", () => decideBatch(this.parts, records));
    const metadata = encodeIntent(decided.intent);
    await this.insist("intent", () => this.reader.commit({ offset: from, metadata }));
    const { to } = decided.intent;
    const readingAhead = readAhead(this.reader, to, { ...batch, signal: this.signal });
    try {
      await this.insist("store", () => this.finish(from, decided, this.stalledBy !== undefined));
      stop();
    } finally {
      this.ahead = { from: to, records: await readingAhead };
    }
    return to;
  }

  /** May be repeated: the range, the decisions and the tokens stay the same. */
  private async finish(from: number, decided: DecidedBatch, isRepeated: boolean): Promise<void> {
    if (isRepeated) {
      this.parts.schemas.forget();
      await this.parts.prepareTables();
    }
    const { topicId, partition } = this.reader;
    const range: BatchRange = { topicId, partition, from, to: decided.intent.to };
    const made = await makeBatch(this.parts, range, decided, this.repeats);
    await storeBatch(this.parts, made, { isRepeated });
    await this.reader.commit({ offset: range.to, metadata: "" });
    for (const { reportId } of made.repeatable) this.repeats.set(reportId, made.batch);
    this.count(made);
  }

  /**
   * The log let go of acknowledged records before they were stored. Nothing brings them back, and waiting loses more. The ledger
   * gets a row for them, once: an earlier life may have come as far as that, or have stored the batch.
   */
  private async skipLost(from: number): Promise<number> {
    const { clock, eventLog, logger, metrics, warehouse } = this.parts;
    const { topic, topicId, partition } = this.reader;
    const partitions = await eventLog.progress(topic, CONSUMER_GROUP);
    const start = partitions.find((each) => each.partition === partition)?.startOffset ?? from;
    if (start <= from) throw new OffsetOutOfRangeError("the committed offset is after the log's end");
    const ledgered = await ledgerRangeAt(warehouse, { topicId, partition, from });
    const to = ledgered?.to ?? start;
    if (ledgered === undefined) {
      await noteLost(this.parts, { topicId, partition, from, to }, utcDay(clock.nowMs()));
    }
    await this.reader.commit({ offset: to, metadata: "" });
    if (ledgered === undefined || ledgered.isLost) {
      logger.error("records.lost", { partition, from, to, count: to - from });
      metrics.recordsLost.inc(to - from);
    }
    return to;
  }

  private async reconcileNow(whole: boolean): Promise<ReconcileReport> {
    const { clock, config, logger, metrics } = this.parts;
    const sinceMs = clock.nowMs() - config.reconcile.days * 86_400_000;
    const scope: ReconcileScope = {
      fromOffset: whole ? 0 : this.reconciledTo,
      sinceDay: utcDay(sinceMs),
    };
    try {
      const { offset } = await this.reader.committed();
      const report = await reconcilePartition(this.parts, this.reader, scope, this.repeats);
      if (report.repaired > 0 || this.repeatsOfDay !== this.today()) await this.loadRepeats();
      // What was repaired is looked at once more: the sink that had the partition before may have been at it too.
      if (report.repaired === 0) this.reconciledTo = offset;
      metrics.reconciliations.inc({ outcome: "succeeded" });
      metrics.rangesCompared.inc(report.ranges);
      metrics.reconciliationSucceeded.set(nowSeconds(clock));
      return report;
    } catch (error) {
      metrics.reconciliations.inc({ outcome: "failed" });
      logger.error("reconciliation.failed", { partition: this.partition, reason: errorReason(error) });
      throw error;
    }
  }

  /** Once a day too, so that what the table has let go of does not pile up here. */
  private async loadRepeats(): Promise<void> {
    const day = this.today();
    this.repeats = await loadRepeats(this.parts.warehouse, this.reader);
    this.repeatsOfDay = day;
  }

  private today(): string {
    return utcDay(this.parts.clock.nowMs());
  }

  private async insist<T>(what: string, work: () => Promise<T>): Promise<T> {
    const { config, logger, metrics } = this.parts;
    const result = await untilDone(work, {
      ...config.retry,
      signal: this.signal,
      onFailure: (error, attempt) => {
        this.stalledBy = error;
        const reason = errorReason(error);
        metrics.batchFailures.inc({ reason });
        logger.error("batch.failed", { partition: this.partition, outcome: what, reason, attempt });
      },
    });
    this.stalledBy = undefined;
    return result;
  }

  private count(made: MadeBatch): void {
    const { metrics } = this.parts;
    metrics.batches.inc();
    metrics.records.inc(made.records);
    metrics.events.inc(made.events);
    metrics.batchEvents.observe(made.events);
    metrics.rowsInserted.inc(insertedEvents(made));
    metrics.eventsDeduplicated.inc(made.deduplicated);
    metrics.fieldsDropped.inc(made.droppedFields);
    metrics.fieldsBlocked.inc(made.blockedFields);
    for (const { reason, events } of made.deadLetters) {
      metrics.eventsDeadLettered.inc({ reason }, events);
      metrics.recordsDeadLettered.inc({ reason });
    }
  }
}
