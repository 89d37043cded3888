import { randomBytes } from "node:crypto";
import type { Sql } from "postgres";
import { documentKey } from "../document-key.ts";
import { openDocument, sealDocument } from "../sealed-document.ts";
import { KEY_BYTES, type SealedRow, toBytea } from "./sealed-row.ts";

type PlacedRow = SealedRow & { readonly collection: string; readonly key_id: string };

const AT_ONCE = 500;

/** Seals every document again as it is, under a new key. What is changed meanwhile has one already. */
export async function resealAll(sql: Sql): Promise<void> {
  const rows = await sql<PlacedRow[]>`
    SELECT d.collection, d.key, d.version, d.key_id, d.sealed, k.key AS sealing_key
    FROM documents d JOIN document_keys k ON k.id = d.key_id`;
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    const changes = JSON.stringify(rows.slice(from, from + AT_ONCE).map(reseal));
    await sql`SELECT reseal_documents(${changes}::text::json)`;
  }
}

function reseal({ collection, key, version, key_id, sealed, sealing_key }: PlacedRow) {
  const place = { storeKey: documentKey(collection, key), version };
  const newKey = randomBytes(KEY_BYTES);
  const resealed = Buffer.concat(sealDocument(newKey, place, openDocument(sealing_key, place, sealed)));
  return { collection, key, key_id, sealing_key: toBytea(newKey), sealed: toBytea(resealed) };
}
