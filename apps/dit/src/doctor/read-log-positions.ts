/** How far one partition of the log had come when the sink last looked. */
export interface LogPosition {
  readonly partition: number;
  /** Records that were ever appended. */
  readonly appended: number;
  /** Records of them that the sink has dealt with. */
  readonly dealtWith: number;
}

/** The sink looks every 5 s, and says nothing before it did so for the first time. */
const FIRST_LOOK_WITHIN_MS = 8_000;
const POLL_MS = 200;

/** From the sink's metrics: it is the one that reads the log. Empty if it does not say. */
export async function readLogPositions(sinkAdminUrl: string): Promise<LogPosition[]> {
  const end = performance.now() + FIRST_LOOK_WITHIN_MS;
  for (;;) {
    const positions = await readOnce(sinkAdminUrl);
    if (positions.length > 0 || performance.now() > end) return positions;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function readOnce(sinkAdminUrl: string): Promise<LogPosition[]> {
  const response = await fetch(`${sinkAdminUrl}/metrics`);
  const text = await response.text();
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
