/** How far one partition of the log had come when a sink last looked. */
export interface LogPosition {
  readonly partition: number;
  /** Records that were ever appended. */
  readonly appended: number;
  /** Records of them that the sink has dealt with. */
  readonly dealtWith: number;
}

/** A sink looks every 5 s, and says nothing before it did so for the first time. */
const FIRST_LOOK_WITHIN_MS = 8_000;
const ANSWERS_WITHIN_MS = 2_000;
const POLL_MS = 200;

/**
 * From the metrics of the sinks, each of which looks at all partitions: of each the latest look that any of them tells. Empty if none does.
 */
export async function readLogPositions(sinkAdminUrls: readonly string[]): Promise<LogPosition[]> {
  const end = performance.now() + FIRST_LOOK_WITHIN_MS;
  for (;;) {
    const positions = await readKnownPositions(sinkAdminUrls);
    if (positions.length > 0 || performance.now() > end) return positions;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The same, of the looks that were taken by now. */
export async function readKnownPositions(sinkAdminUrls: readonly string[]): Promise<LogPosition[]> {
  const read = await Promise.all(sinkAdminUrls.map(readOnce));
  return latest(read.flat());
}

function latest(positions: readonly LogPosition[]): LogPosition[] {
  const byPartition = new Map<number, LogPosition>();
  for (const position of positions) {
    const known = byPartition.get(position.partition);
    if (known === undefined || isLater(position, known)) byPartition.set(position.partition, position);
  }
  return [...byPartition.values()].sort((a, b) => a.partition - b.partition);
}

function isLater(a: LogPosition, b: LogPosition): boolean {
  return a.appended === b.appended ? a.dealtWith > b.dealtWith : a.appended > b.appended;
}

/** Nothing from a sink that does not answer: that it is not ready is told where that is asked. */
async function readOnce(sinkAdminUrl: string): Promise<LogPosition[]> {
  const text = await fetch(`${sinkAdminUrl}/metrics`, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) })
    .then((response) => response.text())
    .catch(() => "");
  const appended = gauge(text, "dit_sink_appended_records");
  const pending = gauge(text, "dit_sink_lag_records");
  return [...appended].map(([partition, records]) => ({
    partition,
    appended: records,
    dealtWith: records - (pending.get(partition) ?? 0),
  }));
}

/** Values by partition, from the Prometheus text format. */
function gauge(text: string, name: string): Map<number, number> {
  const samples = text.matchAll(new RegExp(`^${name}\\{partition="(\\d+)"\\} (\\S+)$`, "gm"));
  return new Map([...samples].map(([, partition, value]) => [Number(partition), Number(value)]));
}
