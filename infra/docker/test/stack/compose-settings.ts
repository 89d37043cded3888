import type { ComposeService } from "../compose/read-compose.ts";
import { readRepositoryFile } from "../repository.ts";

type Settings = Readonly<Record<string, string>>;

/** Where a broker is, as opposed to how it behaves. */
const OF_THE_PLACE =
  /^(?:node\.id|process\.roles|listener.*|advertised\.listeners|controller\..*|log\.dirs)$/;

/** The stores' settings as the compose file gives them, but for where they listen and what they call their own. */
export function kafkaSettings(): Settings {
  const lines = readRepositoryFile("infra/kafka/server.properties").split("\n");
  const pairs = lines.flatMap((line) => {
    const [, name = "", value = ""] = /^([a-z.]+)=(.*)$/.exec(line) ?? [];
    return name === "" || OF_THE_PLACE.test(name) ? [] : [[name, value]];
  });
  return Object.fromEntries(pairs);
}

/** Of `-c name=value`. */
export function postgresSettings({ command = [] }: ComposeService): Settings {
  const pairs = command.filter((argument) => argument.includes("=")).map((argument) => argument.split("="));
  return Object.fromEntries(pairs);
}

/** Of `--name value`, in the text of a shell. */
export function valkeySettings({ command = [] }: ComposeService): Settings {
  const options = (command.at(-1) ?? "").matchAll(/--([a-z-]+) (\S+)/g);
  const pairs = [...options].map(([, name = "", value = ""]) => [name, value.replace("''", '""')]);
  return Object.fromEntries(pairs.filter(([name]) => name !== "dir" && name !== "requirepass"));
}
