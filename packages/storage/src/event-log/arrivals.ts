/** Wakes those who wait for a topic's next records. */
export class Arrivals {
  private readonly topics = new Map<string, { count: number; readonly waiting: Set<() => void> }>();

  announce(topic: string): void {
    const arrived = this.of(topic);
    arrived.count += 1;
    for (const wake of arrived.waiting) wake();
  }

  /**
   * How often a topic was announced; taken before looking for records, so that none can arrive between looking
   * and waiting.
   */
  count(topic: string): number {
    return this.of(topic).count;
  }

  /** Resolves once the topic was announced more often than `count`, after `waitMs`, or when `signal` aborts. */
  next(topic: string, count: number, waitMs: number, signal: AbortSignal): Promise<void> {
    const arrived = this.of(topic);
    if (signal.aborted || arrived.count !== count) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", wake);
        arrived.waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, waitMs);
      signal.addEventListener("abort", wake);
      arrived.waiting.add(wake);
    });
  }

  private of(topic: string) {
    const known = this.topics.get(topic) ?? { count: 0, waiting: new Set<() => void>() };
    this.topics.set(topic, known);
    return known;
  }
}
