/**
 * Small documents that must not be lost or overwritten unseen: use cases, sealed keys, sealed salts, and the
 * audit log of who changed them. All changes of one commit happen, with their audit entries, or none does.
 */
export interface Documents {
  get<T extends Json>(collection: string, key: string): Promise<Document<T> | undefined>;
  /** Ordered by key. */
  list<T extends Json>(collection: string): Promise<Document<T>[]>;
  /**
   * Throws `VersionConflictError`, and changes nothing, if any document is not at its expected version or named
   * twice.
   */
  commit(commit: DocumentsCommit): Promise<void>;
  /** Audit entries after `afterSequence` (0 for all), oldest first. */
  readAudit(afterSequence: number, maxEntries: number): Promise<AuditRecord[]>;
  /** Rejects with a reason if the store cannot be read now. */
  check(): Promise<void>;
  close(): Promise<void>;
}

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export interface Document<T extends Json> {
  readonly key: string;
  /** 1 when created, one more with each change. */
  readonly version: number;
  readonly value: T;
}

export interface DocumentsCommit {
  readonly changes: readonly DocumentChange[];
  readonly audit?: readonly AuditEntry[];
}

export interface DocumentChange {
  readonly collection: string;
  readonly key: string;
  /** 0: the document must not exist yet. */
  readonly expectedVersion: number;
  /** Undefined deletes: the value is gone from the store, and the key may be created again from version 1. */
  readonly value: Json | undefined;
}

export interface AuditEntry {
  readonly atSeconds: number;
  /** Who did it: an operator's or a job's name, never an account. */
  readonly actor: string;
  /** What was done, as `noun.verb`. */
  readonly action: string;
  readonly subject: string;
  readonly detail: Json;
}

export interface AuditRecord extends AuditEntry {
  /** 1, 2, 3, ... without gaps. */
  readonly sequence: number;
}

export class VersionConflictError extends Error {
  override readonly name = "VersionConflictError";
  readonly collection: string;
  readonly key: string;

  constructor(collection: string, key: string) {
    super(`document ${collection}/${key} is not at the expected version`);
    this.collection = collection;
    this.key = key;
  }
}
