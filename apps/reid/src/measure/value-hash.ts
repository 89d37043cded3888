import { sqlName } from "@dit/storage";
import type { Subject } from "../measurement.ts";

/**
 * Key of one run's hashes (SipHash-2-4, 128 bits). Drawn anew for every run and never stored: a hash of a value that few could have
 * is a dictionary entry for whoever holds the key.
 */
export interface HashKey {
  readonly k0: bigint;
  readonly k1: bigint;
}

export function drawHashKey(randomBytes: (length: number) => Uint8Array): HashKey {
  const view = new DataView(Uint8Array.from(randomBytes(16)).buffer);
  return { k0: view.getBigUint64(0), k1: view.getBigUint64(8) };
}

/** SQL: the keyed hash of an expression, UInt64. */
export function keyedHash(key: HashKey, expression: string): string {
  return `sipHash64Keyed((toUInt64(${key.k0}), toUInt64(${key.k1})), ${expression})`;
}

/**
 * SQL: the keyed hash of a field's value in a row. A value is hashed as its trimmed text in small letters, so that the same identifier
 * is the same whatever a use case's type or spelling of it is.
 */
export function valueHash(key: HashKey, field: string): string {
  return keyedHash(key, `lowerUTF8(trimBoth(toString(assumeNotNull(${sqlName(field)}))))`);
}

/** SQL: whether a row has a value for every field of the subject. */
export function hasValue({ fields }: Pick<Subject, "fields">): string {
  return fields.map((field) => `isNotNull(${sqlName(field)})`).join(" AND ");
}
