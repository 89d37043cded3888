import { parseArgs } from "node:util";
import { addressesFrom } from "../addresses.ts";
import { type Command, CommandError, UsageError } from "../command.ts";

/** Asks the warehouse of a running pipeline; the answer is printed as the engine formats it. */
export const queryCommand: Command = {
  usage: 'dit query "SELECT ..." [--format PrettyCompactMonoBlock]',
  summary: "ask the warehouse of the running pipeline",
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args,
      options: { format: { type: "string", default: "PrettyCompactMonoBlock" } },
      allowPositionals: true,
    });
    const [sql] = positionals;
    if (sql === undefined || positionals.length > 1) throw new UsageError("give one statement, in quotes");
    io.out(await queryWarehouse(addressesFrom(io.env).warehouseUrl, sql, values.format));
    return 0;
  },
};

export async function queryWarehouse(warehouseUrl: string, sql: string, format: string): Promise<string> {
  const url = `${warehouseUrl}/?${new URLSearchParams({ default_format: format })}`;
  const response = await fetch(url, { method: "POST", body: sql }).catch((error: unknown) => {
    throw new CommandError(`the warehouse does not answer at ${warehouseUrl}: is \`dit up\` running?`, {
      cause: error,
    });
  });
  const text = (await response.text()).trimEnd();
  if (!response.ok) throw new CommandError(text);
  return text;
}
