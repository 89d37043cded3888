import { type Command, CommandError, UsageError } from "../command.ts";
import { parseOptions } from "../parse-options.ts";
import { targetFrom } from "../target.ts";

/** An analyst's question may take its time. */
const ANSWERS_WITHIN_MS = 300_000;

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

/** The URL may hold a user and a password, which no message shows. */
export async function queryWarehouse(warehouseUrl: string, sql: string, format: string): Promise<string> {
  const { url, headers } = splitCredentials(warehouseUrl);
  const response = await fetch(`${url}/?${new URLSearchParams({ default_format: format })}`, {
    ...{ method: "POST", body: sql, headers },
    signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
  }).catch((error: unknown) => {
    throw new CommandError(`the warehouse does not answer at ${url}: is \`dit up\` running?`, {
      cause: error,
    });
  });
  const text = (await response.text()).trimEnd();
  if (!response.ok) throw new CommandError(text);
  return text;
}

function splitCredentials(text: string): { url: string; headers: Record<string, string> } {
  const url = new URL(text);
  const { username, password } = url;
  url.username = "";
  url.password = "";
  const credentials = [username, password].map(decodeURIComponent).join(":");
  const authorization = `Basic ${Buffer.from(credentials).toString("base64")}`;
  return { url: url.href.replace(/\/+$/, ""), headers: username === "" ? {} : { authorization } };
}
