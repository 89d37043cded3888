import { chown, copyFile, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** By the names of infra/edge/nginx.env. */
export type NginxSettings = Readonly<Record<`DIT_EDGE_${string}`, string>>;

const SHIPPED = fileURLToPath(new URL("../../edge/", import.meta.url));
/** What nginx reads beside its configuration. */
const READ_BY_NGINX = ["edge.js", "no-temp-files"];

/** Lays out `directory` as the shipped edge's, with `settings` in place of those of nginx.env, and gives it to `owner`. */
export async function layOutNginxSite(options: {
  readonly directory: string;
  readonly modules: string;
  readonly settings: NginxSettings;
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
}): Promise<void> {
  const { directory, owner } = options;
  await mkdir(directory, { recursive: true });
  const settings = { ...(await shippedSettings()), ...options.settings };
  const configPath = join(directory, "nginx.conf");
  // It holds the edge's secret.
  await writeFile(configPath, filledIn(await readShipped("nginx.conf"), settings), { mode: 0o600 });
  for (const name of READ_BY_NGINX) await copyFile(join(SHIPPED, name), join(directory, name));
  await symlink(options.modules, join(directory, "modules"));
  if (owner === undefined) return;
  for (const path of [directory, configPath]) await chown(path, owner.uid, owner.gid);
}

async function shippedSettings(): Promise<Record<string, string>> {
  const lines = (await readShipped("nginx.env")).split("\n");
  const assigned = lines.flatMap((line) => {
    const [, name, value = ""] = /^(DIT_EDGE_\w+)=(.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, value.replace(/^"(.*)"$/, "$1")]];
  });
  return Object.fromEntries(assigned) as Record<string, string>;
}

/** As envsubst does it. Throws for a name without a value, and for a value without a name. */
function filledIn(template: string, settings: Readonly<Record<string, string>>): string {
  const unused = new Set(Object.keys(settings));
  const text = template.replaceAll(/\$\{(DIT_EDGE_\w+)\}/g, (_, name: string) => {
    const value = settings[name];
    if (value === undefined) throw new Error(`nginx.conf asks for ${name}, which has no value`);
    unused.delete(name);
    return value;
  });
  if (unused.size > 0) throw new Error(`nginx.conf asks for none of ${[...unused].join(", ")}`);
  return text;
}

function readShipped(name: string): Promise<string> {
  return readFile(join(SHIPPED, name), "utf8");
}
