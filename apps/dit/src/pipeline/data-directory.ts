import { randomBytes, randomUUID } from "node:crypto";
import { link, mkdir, readdir, readFile, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CommandError } from "../command.ts";

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
  /** 32 bytes, base64url: opens every sealed key and salt in `documents`. Undefined where it is kept elsewhere. */
  readonly keyEncryptionKey: string | undefined;
  readonly edgeSecret: string;
  readonly serviceSecret: string;
  readonly adminSecret: string;
  readonly monitorSecret: string;
}

/** 32 bytes in base64url. */
const SECRET_LENGTH = 43;
const KEY = /^[A-Za-z0-9_-]{43}$/;

const SECRET_FILES = {
  keyEncryptionKey: "key-encryption-key",
  edgeSecret: "edge-secret",
  serviceSecret: "service-secret",
  adminSecret: "admin-secret",
  monitorSecret: "monitor-secret",
} as const satisfies Record<keyof LocalSecrets, string>;

/**
 * Opens a data directory, and makes its folders and secrets the first time. Throws CommandError if a part of it is missing that the
 * rest is of no use without: a fresh one in its place would lose that for good.
 */
export async function openDataDirectory(
  path: string,
  { keyIsElsewhere = false }: { readonly keyIsElsewhere?: boolean } = {},
): Promise<DataDirectory> {
  try {
    await mkdir(join(path, "secrets"), { recursive: true, mode: 0o700 });
    await refuseTorn(path, keyIsElsewhere);
    const secret = (name: keyof LocalSecrets) => readOrCreate(keyFile(path, name));
    return {
      path,
      counters: join(path, "counters"),
      documents: join(path, "documents"),
      eventLog: join(path, "event-log"),
      warehouse: join(path, "warehouse"),
      secrets: {
        keyEncryptionKey: keyIsElsewhere ? undefined : await secret("keyEncryptionKey"),
        edgeSecret: await secret("edgeSecret"),
        serviceSecret: await secret("serviceSecret"),
        adminSecret: await secret("adminSecret"),
        monitorSecret: await secret("monitorSecret"),
      },
    };
  } catch (error) {
    throw inWords(path, error);
  }
}

/** One secret of an existing data directory, for commands that talk to a running pipeline. */
export async function readLocalSecret(path: string, name: keyof LocalSecrets): Promise<string> {
  try {
    return (await readFile(keyFile(path, name), "utf8")).trim();
  } catch (error) {
    throw new CommandError(`there are no secrets in ${path}: has \`dit up\` run there?`, { cause: error });
  }
}

export function keyFile(path: string, name: keyof LocalSecrets): string {
  return join(path, "secrets", SECRET_FILES[name]);
}

/** Looks in the reverse order of creation, since another process may be making all of this now. */
async function refuseTorn(path: string, keyIsElsewhere: boolean): Promise<void> {
  const hasData = (await isFilled(join(path, "event-log"))) || (await isFilled(join(path, "warehouse")));
  const hasDocuments = await isFilled(join(path, "documents"));
  if (hasData && !hasDocuments) {
    throw new CommandError(
      `${join(path, "documents")} is missing or empty, and the event log and the warehouse beside it hold data: restore it from the same backup, or start from an empty data directory`,
    );
  }
  const file = keyFile(path, "keyEncryptionKey");
  if (
    hasDocuments &&
    !keyIsElsewhere &&
    !(await readdir(join(path, "secrets"))).includes(SECRET_FILES.keyEncryptionKey)
  ) {
    throw new CommandError(
      `${file} is missing, and ${join(path, "documents")} holds what it sealed: restore the file, or name where it is in DIT_ACS_KEY_ENCRYPTION_KEY_FILE and DIT_SINK_KEY_ENCRYPTION_KEY_FILE; without it, start from an empty data directory`,
    );
  }
}

async function isFilled(path: string): Promise<boolean> {
  const entries = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return entries.length > 0;
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
  const isKey = file.endsWith(SECRET_FILES.keyEncryptionKey);
  if (isKey ? KEY.test(secret) : secret.length >= SECRET_LENGTH) return secret;
  const remedy = isKey
    ? "restore it, what it sealed is lost without it"
    : "restore it, or remove it for a new one";
  throw new CommandError(`${file} does not hold a secret: ${remedy}`);
}

const FAILURES: Readonly<Record<string, string>> = {
  EEXIST: "is a file, and not a directory",
  ENOTDIR: "is a file, or lies in one, and not in a directory",
  EACCES: "may not be written by this user",
  EPERM: "may not be written by this user",
  EROFS: "is on a file system that is read-only",
  ENOSPC: "is on a file system that is full",
};

function inWords(path: string, error: unknown): unknown {
  const words = FAILURES[(error as NodeJS.ErrnoException).code ?? ""];
  return words === undefined
    ? error
    : new CommandError(`the data directory ${path} ${words}`, { cause: error });
}
