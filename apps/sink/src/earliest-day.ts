/** The first of some days (`YYYY-MM-DD`); of none, the last day there is. */
export function earliestDay(days: readonly string[]): string {
  return days.toSorted()[0] ?? "2149-01-01";
}
