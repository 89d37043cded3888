import { RUN_DIT_MIGRATE } from "../../run-dit-migrate.ts";
import { PostgresStoreError } from "./errors.ts";
import { SCHEMA_VERSION } from "./schema.ts";

export function assertVersion(version: number | undefined): void {
  if (version === SCHEMA_VERSION) return;
  const isLater = version !== undefined && version > SCHEMA_VERSION;
  const what = isLater
    ? `that of a later release: this one knows ${SCHEMA_VERSION}`
    : `this release needs ${SCHEMA_VERSION}: run dit migrate`;
  throw new PostgresStoreError(
    `its schema is of version ${version}, ${what}`,
    isLater ? "schema_of_later_release" : RUN_DIT_MIGRATE,
  );
}
