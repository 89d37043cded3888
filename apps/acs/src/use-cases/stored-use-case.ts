import type { FieldPolicy, UseCase } from "@dit/protocol/schemas";
import type { Json } from "@dit/storage";

export const USE_CASES = "use-cases";

type FieldType = UseCase["events"][string]["fields"][string]["type"];

/** By event and field: the types of fields that the document no longer has, whose columns are still there. */
export type RetiredFields = { readonly [event: string]: { readonly [field: string]: FieldType } };

/** The use-case document at rest, and what of it is not collected: one version for both. It is parsed again when it is read. */
export type StoredUseCase = {
  readonly document: Json;
  readonly retired: RetiredFields;
  readonly fieldPolicy: FieldPolicy;
};

export const OPEN_POLICY: FieldPolicy = { blocks: [], overrides: [], clearings: [] };

export function toStored(document: UseCase, retired: RetiredFields, fieldPolicy: FieldPolicy): StoredUseCase {
  return { document: JSON.parse(JSON.stringify(document)) as Json, retired, fieldPolicy };
}
