import { CommandError } from "../command.ts";
import { queryWarehouse } from "../commands/query.ts";

/** None where the monitor has not made its tables yet, which it does with its first run. */
export async function rowsOf<Row>(warehouseUrl: string, sql: string): Promise<Row[]> {
  try {
    const text = await queryWarehouse(warehouseUrl, sql, "JSONEachRow");
    return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line) as Row);
  } catch (error) {
    if (error instanceof CommandError && error.message.includes("(UNKNOWN_TABLE)")) return [];
    throw error;
  }
}
