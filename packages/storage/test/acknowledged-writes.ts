import { randomUUID } from "node:crypto";
import { readAll } from "../src/event-log/contract-reading.ts";
import { encodeRecord, TOPIC } from "../src/event-log/contract-records.ts";
import type { EventLog } from "../src/event-log/event-log.ts";
import { until } from "./running-kafka.ts";

const WRITERS = 8;

/** Several that append one record after another, each again until it is acknowledged. */
export class AcknowledgedWrites {
  readonly rejections: unknown[] = [];
  /** By writer: how many, numbered from 0. */
  private readonly acknowledged = new Map<string, number>();
  private readonly end = new AbortController();
  private readonly writers: Promise<unknown>;

  constructor(log: EventLog) {
    this.writers = Promise.all(Array.from({ length: WRITERS }, () => this.write(log, randomUUID())));
  }

  get total(): number {
    return [...this.acknowledged.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Waits until every writer has had so many more acknowledged. */
  async more(count: number): Promise<void> {
    await until(() => this.acknowledged.size === WRITERS);
    const wanted = [...this.acknowledged].map(([writer, had]) => ({ writer, enough: had + count }));
    await until(() => wanted.every(({ writer, enough }) => (this.acknowledged.get(writer) ?? 0) >= enough));
  }

  async stop(): Promise<void> {
    this.end.abort();
    await this.writers;
  }

  /** What is in the log against what was acknowledged. */
  async account(log: EventLog): Promise<{ lost: number; twice: number; disordered: number }> {
    const stored = Map.groupBy((await readAll(log, randomUUID())).flat(), ({ writer }) => writer);
    const account = { lost: 0, twice: 0, disordered: 0 };
    for (const [writer, count] of this.acknowledged) {
      const numbers = (stored.get(writer) ?? []).map(({ number }) => number);
      const different = new Set(numbers);
      account.twice += numbers.length - different.size;
      account.lost += Array.from({ length: count }, (_, number) => number).filter(
        (each) => !different.has(each),
      ).length;
      account.disordered += numbers.filter((number, index) => number < (numbers[index - 1] ?? 0)).length;
    }
    return account;
  }

  private async write(log: EventLog, writer: string): Promise<void> {
    for (let number = 0; !this.end.signal.aborted; ) {
      try {
        await log.append(TOPIC, [encodeRecord({ writer, number })]);
        number += 1;
        this.acknowledged.set(writer, number);
      } catch (error) {
        this.rejections.push(error);
      }
    }
  }
}
