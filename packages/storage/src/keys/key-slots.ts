import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

const KEY_BYTES = 32;
const EMPTY = Buffer.alloc(KEY_BYTES);

/**
 * A file of 32-byte keys that seal what lies in an LMDB table. LMDB never overwrites: what it deletes stays in
 * its file for an unknown time. A key is overwritten where it stands, and what it sealed is gone. That holds as
 * far as the file system writes in place: not on one that copies on write, nor in what a disk keeps of a block
 * it has replaced.
 *
 * `add` and `shredAllBut` may only run while the store's write transaction keeps every other process from them.
 */
export class KeySlots {
  private readonly file: number;

  constructor(path: string) {
    this.file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    syncDirectory(dirname(path));
  }

  /** A new key, in an empty slot; it is on disk after `flush`. */
  add(): { slot: number; key: Buffer } {
    const key = randomBytes(KEY_BYTES);
    const slot = this.firstEmpty();
    this.write(slot, key);
    return { slot, key };
  }

  /** A key that opens nothing if the slot has none. */
  read(slot: number): Buffer {
    const key = Buffer.alloc(KEY_BYTES);
    readSync(this.file, key, 0, KEY_BYTES, slot * KEY_BYTES);
    return key;
  }

  /** Overwrites every other key; they are overwritten on disk when this returns. */
  shredAllBut(kept: ReadonlySet<number>): void {
    const keys = this.readAll();
    for (let slot = 0; slot * KEY_BYTES < keys.length; slot += 1) {
      if (!kept.has(slot) && !isEmpty(keys, slot)) this.write(slot, EMPTY);
    }
    this.flush();
  }

  flush(): void {
    fdatasyncSync(this.file);
  }

  close(): void {
    closeSync(this.file);
  }

  private firstEmpty(): number {
    const keys = this.readAll();
    let slot = 0;
    while (slot * KEY_BYTES < keys.length && !isEmpty(keys, slot)) slot += 1;
    return slot;
  }

  private readAll(): Buffer {
    const keys = Buffer.alloc(fstatSync(this.file).size);
    readSync(this.file, keys, 0, keys.length, 0);
    return keys;
  }

  private write(slot: number, bytes: Buffer): void {
    writeSync(this.file, bytes, 0, KEY_BYTES, slot * KEY_BYTES);
  }
}

function isEmpty(keys: Buffer, slot: number): boolean {
  return keys.compare(EMPTY, 0, KEY_BYTES, slot * KEY_BYTES, (slot + 1) * KEY_BYTES) === 0;
}

/** A file that was made a moment ago is lost with the power until its directory is on disk. */
function syncDirectory(path: string): void {
  const directory = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
