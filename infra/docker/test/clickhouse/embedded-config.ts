import { writeFileSync } from "node:fs";
import { join } from "node:path";

export interface ServerTexts {
  readonly config: string;
  readonly users: string;
}

/** Where a server keeps things, which the embedded engine is told otherwise. */
const PLACES = /<logger>[\s\S]*?<\/logger>\n|<(\w*path)>\/var\/[^<]*<\/\1>\n/g;
/** Whom the embedded engine takes whoever asks it for. */
const ASKER = "default";

/**
 * Writes the server's own files down for the embedded engine, as its `--config-file`, and answers with that one's path. Whoever asks the engine
 * then has the rights and limits of `user`; without it, all.
 */
export function writeEmbeddedConfig(
  directory: string,
  { config, users }: ServerTexts,
  user?: string,
): string {
  const [path, usersPath] = [join(directory, "config.xml"), join(directory, "users.xml")];
  const placed = config.replaceAll(PLACES, "");
  if (user === undefined) {
    writeFileSync(path, placed.replace(/<user_directories>[\s\S]*<\/user_directories>/, ""));
    return path;
  }
  const known = users.replaceAll(/<password [^>]*>/g, "<password/>");
  const [, rights] = new RegExp(`<${user}>([\\s\\S]*)</${user}>`).exec(known) ?? [];
  if (rights === undefined) throw new Error(`there is no user ${user}`);
  writeFileSync(path, placed.replace("/dit/users.xml", usersPath));
  writeFileSync(usersPath, known.replace("<users>", `<users><${ASKER}>${rights}</${ASKER}>`));
  return path;
}
