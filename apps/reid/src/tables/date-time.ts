/** `YYYY-MM-DD hh:mm:ss`, UTC, as ClickHouse takes a DateTime. */
export function toDateTime(unixSeconds: number): string {
  return new Date(Math.floor(unixSeconds) * 1_000).toISOString().slice(0, 19).replace("T", " ");
}
