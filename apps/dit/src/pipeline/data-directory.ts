import { randomBytes, randomUUID } from "node:crypto";
import { link, mkdir, readFile, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Where one box keeps everything: one folder a store, and its secrets in files only the owner can read. */
export interface DataDirectory {
  readonly path: string;
  readonly counters: string;
  readonly documents: string;
  readonly eventLog: string;
  readonly warehouse: string;
  readonly secrets: LocalSecrets;
}

export interface LocalSecrets {
  /** 32 bytes, base64url: opens every sealed key and salt in `documents`. */
  readonly keyEncryptionKey: string;
  readonly edgeSecret: string;
  readonly serviceSecret: string;
  readonly adminSecret: string;
}

/** 32 bytes in base64url. */
const SECRET_LENGTH = 43;

const SECRET_FILES = {
  keyEncryptionKey: "key-encryption-key",
  edgeSecret: "edge-secret",
  serviceSecret: "service-secret",
  adminSecret: "admin-secret",
} as const satisfies Record<keyof LocalSecrets, string>;

/** Opens a data directory, and makes its folders and secrets the first time. */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  await mkdir(join(path, "secrets"), { recursive: true, mode: 0o700 });
  const secrets = await Promise.all(
    Object.entries(SECRET_FILES).map(async ([name, file]) => [
      name,
      await readOrCreate(join(path, "secrets", file)),
    ]),
  );
  return {
    path,
    counters: join(path, "counters"),
    documents: join(path, "documents"),
    eventLog: join(path, "event-log"),
    warehouse: join(path, "warehouse"),
    secrets: Object.fromEntries(secrets) as Record<keyof LocalSecrets, string>,
  };
}

/** One secret of an existing data directory, for commands that talk to a running pipeline. */
export async function readLocalSecret(path: string, name: keyof LocalSecrets): Promise<string> {
  try {
    return (await readFile(join(path, "secrets", SECRET_FILES[name]), "utf8")).trim();
  } catch (error) {
    throw new Error(`there are no secrets in ${path}: has \`dit up\` run there?`, { cause: error });
  }
}

/** `link` makes a complete file appear or fails: a process that is killed here leaves no half-written secret behind. */
async function readOrCreate(file: string): Promise<string> {
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, randomBytes(32).toString("base64url"), { mode: 0o600 });
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await unlink(draft);
  }
  const secret = (await readFile(file, "utf8")).trim();
  if (secret.length < SECRET_LENGTH)
    throw new Error(`${file} does not hold a secret: restore it, what it sealed is lost without it`);
  return secret;
}
