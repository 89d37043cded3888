import type { ComposeService } from "../compose/read-compose.ts";

type Settings = Readonly<Record<string, string>>;

/** How Postgres is to behave: of `-c name=value`. */
export function postgresSettings({ command = [] }: ComposeService): Settings {
  const pairs = command.filter((argument) => argument.includes("=")).map((argument) => argument.split("="));
  return Object.fromEntries(pairs);
}

/** How Valkey is to behave, but for where it keeps what and whom it lets in: of `--name value`, in the text of a shell. */
export function valkeySettings({ command = [] }: ComposeService): Settings {
  const options = (command.at(-1) ?? "").matchAll(/--([a-z-]+) (\S+)/g);
  const pairs = [...options].map(([, name = "", value = ""]) => [name, value.replace("''", '""')]);
  return Object.fromEntries(pairs.filter(([name]) => name !== "dir" && name !== "requirepass"));
}
