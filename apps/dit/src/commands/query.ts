import { type Command, CommandError, UsageError } from "../command.ts";
import { parseOptions } from "../parse-options.ts";
import { targetFrom } from "../target.ts";

/** Asks the warehouse of a running pipeline; the answer is printed as the engine formats it. */
export const queryCommand: Command = {
  usage: 'dit query "SELECT ..." [--format PrettyCompactMonoBlock] [--data .dit]',
  summary: "ask the warehouse of the running pipeline",
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      format: { type: "string", default: "PrettyCompactMonoBlock" },
      data: { type: "string" },
    });
    const [sql = ""] = positionals;
    if (sql.trim() === "" || positionals.length > 1) throw new UsageError("give one statement, in quotes");
    const { addresses } = await targetFrom(io.env, values.data);
    io.out(await queryWarehouse(addresses.warehouseUrl, sql, values.format));
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
