import { constants } from "node:fs";
import { mkdir, open as openFile } from "node:fs/promises";
import { join } from "node:path";
import { ABORT, type Database, open } from "lmdb";

export type Table = Database<Buffer, Buffer>;

/**
 * One LMDB directory with named tables of bytes. Several handles and processes may have the same directory
 * open: LMDB lets one writer in at a time, and `write` reads what it decides on inside its own transaction.
 */
export interface LmdbEnvironment<Name extends string> {
  readonly tables: Readonly<Record<Name, Table>>;
  /** Runs on a snapshot that includes every write committed so far, by whichever process. */
  read<T>(operation: () => T): Promise<T>;
  /**
   * Runs in a write transaction and resolves once that is on disk. What is waiting when the transaction starts
   * shares it, and its one fsync. If any operation throws, all that share the transaction are undone and
   * reject: an operation answers what its caller did wrong by its result, and throws only what the store did
   * wrong.
   */
  write<T>(operation: () => T): Promise<T>;
  /**
   * Like `write`, in a transaction that no other operation shares: what it finds in the tables is committed.
   */
  writeAlone<T>(operation: () => T): Promise<T>;
  /** Rejects unless a write reaches the disk now. */
  check(): Promise<void>;
  /** Lets the writes under way finish; everything after it rejects. */
  close(): Promise<void>;
}

interface PendingWrite {
  readonly alone: boolean;
  run(): void;
  resolve(): void;
  reject(error: Error): void;
}

/** After the first page's header of 24 bytes. */
const MAGIC = Buffer.from("dec0efbe", "hex");
const MAGIC_AT = 24;
const HEALTH_TABLE = "health";
const HEALTH_KEY = Buffer.from("checked");
const HEALTH_VALUE = Buffer.of(1);

/** `store` names the store in errors. Creates `path`, readable by this user alone, if it is not there. */
export async function openLmdbEnvironment<Name extends string>(
  store: string,
  path: string,
  tableNames: readonly Name[],
): Promise<LmdbEnvironment<Name>> {
  const root = await openRoot(store, path, tableNames.length + 1);
  const openTable = (name: string): Table => root.openDB({ name, encoding: "binary", keyEncoding: "binary" });
  const tables = Object.fromEntries(tableNames.map((name) => [name, openTable(name)])) as Record<Name, Table>;
  const health = openTable(HEALTH_TABLE);
  const waiting: PendingWrite[] = [];
  let writing: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  async function writeWaiting(): Promise<void> {
    while (waiting.length > 0) {
      let batch: PendingWrite[] = [];
      let failure: unknown;
      try {
        await root.childTransaction(() => {
          batch = takeBatch(waiting);
          try {
            for (const pending of batch) pending.run();
            return undefined;
          } catch (error) {
            failure = error;
            return ABORT;
          }
        });
      } catch (error) {
        failure = error;
        if (batch.length === 0) batch = takeBatch(waiting);
      }
      const rejection = failure === undefined ? undefined : storeError(store, "write failed", failure);
      for (const pending of batch) {
        if (rejection === undefined) pending.resolve();
        else pending.reject(rejection);
      }
    }
    // In the same turn as the last look at what waits: a write that comes later must find that it has to start.
    writing = undefined;
  }

  function enqueue<T>(alone: boolean, operation: () => T): Promise<T> {
    if (closing !== undefined) return Promise.reject(closedError(store));
    return new Promise<T>((resolve, reject) => {
      let result: T;
      waiting.push({
        alone,
        run: () => {
          result = operation();
        },
        resolve: () => resolve(result),
        reject,
      });
      writing ??= writeWaiting();
    });
  }

  async function read<T>(operation: () => T): Promise<T> {
    if (closing !== undefined) throw closedError(store);
    try {
      root.resetReadTxn();
      return operation();
    } catch (error) {
      throw storeError(store, "read failed", error);
    }
  }

  async function closeWhenWritten(): Promise<void> {
    await writing;
    await root.close();
  }

  return {
    tables,
    read,
    write: (operation) => enqueue(false, operation),
    writeAlone: (operation) => enqueue(true, operation),
    check: () => enqueue(false, () => void health.putSync(HEALTH_KEY, HEALTH_VALUE)),
    close: () => {
      closing ??= closeWhenWritten();
      return closing;
    },
  };
}

/** Everything up to the first that wants to be alone, or that one. */
function takeBatch(waiting: PendingWrite[]): PendingWrite[] {
  const alone = waiting.findIndex((pending) => pending.alone);
  return waiting.splice(0, alone === 0 ? 1 : alone < 0 ? waiting.length : alone);
}

async function openRoot(store: string, path: string, tableCount: number) {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await assertLmdbFile(join(path, "data.mdb"));
    return open<Buffer, Buffer>({
      path,
      noSubdir: false,
      encoding: "binary",
      keyEncoding: "binary",
      maxDbs: tableCount,
      // A commit is acknowledged after its fsync, and its failure is the commit's failure. noMemInit stays off: it would
      // leave pieces of this process's memory in the file.
      overlappingSync: false,
    });
  } catch (error) {
    throw storeError(store, `cannot open ${path}`, error);
  }
}

/** LMDB would end the whole process over a file that is not its own. */
async function assertLmdbFile(path: string): Promise<void> {
  const file = await openFile(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, MAGIC_AT);
    if ((await file.stat()).size > 0 && !(bytesRead === MAGIC.length && buffer.equals(MAGIC))) {
      throw new Error("data.mdb is not an LMDB file");
    }
  } finally {
    await file.close();
  }
}

function closedError(store: string): Error {
  return new Error(`${store} (lmdb): closed`);
}

function storeError(store: string, what: string, reason: unknown): Error {
  return new Error(`${store} (lmdb): ${what}: ${reason instanceof Error ? reason.message : String(reason)}`);
}
