/**
 * First 32 bits of a report id (a UUID's text), which is itself a hash. Summed over a table's rows of a batch it tells which reports
 * are missing or there twice; 10,000 such sums stay exact in a double.
 */
export function reportChecksum(reportId: string): number {
  return Number.parseInt(reportId.slice(0, 8), 16);
}

/** The same sum in SQL. */
export const CHECKSUM_SQL = "sum(toUInt64(bitShiftRight(toUInt128(report_id), 96)))";
