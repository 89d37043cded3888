import type { Addresses } from "../addresses.ts";
import { queryWarehouse } from "../commands/query.ts";

/** `events = inserted + dead-lettered + deduplicated`, over everything the sink ever dealt with. */
const LEDGER_SQL = `SELECT sum(l.events) AS events, sum(l.inserted) AS inserted, sum(l.dead_lettered) AS deadLettered,
  sum(l.deduplicated) AS deduplicated FROM dit.sink_ledger AS l`;

interface LedgerSums {
  readonly events: number | string;
  readonly inserted: number | string;
  readonly deadLettered: number | string;
  readonly deduplicated: number | string;
}

/** The ledger's sums must add up, and nothing may be waiting in the log for longer than the sink takes. */
export async function checkBalance(addresses: Addresses): Promise<string> {
  const sums = JSON.parse(
    await queryWarehouse(addresses.warehouseUrl, LEDGER_SQL, "JSONEachRow"),
  ) as LedgerSums;
  const [events, inserted, deadLettered, deduplicated] = [
    Number(sums.events),
    Number(sums.inserted),
    Number(sums.deadLettered),
    Number(sums.deduplicated),
  ];
  const told = `${events} events = ${inserted} inserted + ${deadLettered} dead-lettered + ${deduplicated} stored before`;
  if (events !== inserted + deadLettered + deduplicated) throw new Error(`it does not: ${told}`);
  return told;
}
