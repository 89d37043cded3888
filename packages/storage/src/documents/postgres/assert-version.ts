import { RUN_DIT_MIGRATE } from "../../run-dit-migrate.ts";
import { PostgresStoreError } from "./errors.ts";
import { SCHEMA_VERSION } from "./schema.ts";

/** A later one will do: migrations only add. */
export function assertVersion(version: number | undefined): void {
  if (version !== undefined && version >= SCHEMA_VERSION) return;
  throw new PostgresStoreError(
    `its schema is of version ${version}, this release needs ${SCHEMA_VERSION}: run dit migrate`,
    RUN_DIT_MIGRATE,
  );
}
