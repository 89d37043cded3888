import { join } from "node:path";
import { KeySlots } from "../keys/key-slots.ts";
import type { Table } from "../lmdb/environment.ts";
import type { Json } from "./documents.ts";
import { openDocument, sealDocument } from "./sealed-document.ts";

export interface StoredDocument {
  readonly storeKey: Buffer;
  readonly version: number;
  readonly value: Json;
}

const HEADER_BYTES = 8;

/**
 * Documents in an LMDB table: the slot of the key that seals it (u32, big-endian), the version (u32), the
 * sealed JSON. Every method runs inside a transaction.
 */
export class DocumentTable {
  private readonly table: Table;
  private readonly keys: KeySlots;

  constructor(table: Table, directory: string) {
    this.table = table;
    this.keys = new KeySlots(join(directory, "keys"));
  }

  /** 0 if there is no such document. */
  version(storeKey: Buffer): number {
    return this.table.get(storeKey)?.readUInt32BE(4) ?? 0;
  }

  get(storeKey: Buffer): StoredDocument | undefined {
    const stored = this.table.get(storeKey);
    return stored === undefined ? undefined : this.opened(storeKey, stored);
  }

  /** From `start` to before `end`, in the order of the keys. */
  list(start: Buffer, end: Buffer): StoredDocument[] {
    return [...this.table.getRange({ start, end })].map(({ key, value }) => this.opened(key, value));
  }

  put(storeKey: Buffer, version: number, value: Json): void {
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32BE(version, 4);
    const { slot, key } = this.keys.add();
    const sealed = sealDocument(key, { storeKey, version }, value);
    header.writeUInt32BE(slot);
    this.table.putSync(storeKey, Buffer.concat([header, ...sealed]));
  }

  /** Must come before the transaction's end: a document whose key is not on disk is lost with the power. */
  flush(): void {
    this.keys.flush();
  }

  remove(storeKey: Buffer): void {
    this.table.removeSync(storeKey);
  }

  /**
   * Makes unreadable for good what was removed or replaced. Only in a transaction of its own: what another
   * operation has replaced in this one might still be undone, and would be needed again.
   */
  shred(): void {
    this.keys.shredAllBut(new Set([...this.table.getRange()].map(({ value }) => value.readUInt32BE())));
  }

  close(): void {
    this.keys.close();
  }

  private opened(storeKey: Buffer, stored: Buffer): StoredDocument {
    const key = this.keys.read(stored.readUInt32BE());
    const version = stored.readUInt32BE(4);
    const value = openDocument(key, { storeKey, version }, stored.subarray(HEADER_BYTES));
    return { storeKey, version, value };
  }
}
