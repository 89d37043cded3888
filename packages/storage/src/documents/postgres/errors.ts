import postgres from "postgres";
import { RUN_DIT_MIGRATE } from "../../run-dit-migrate.ts";

/**
 * What may be said of a failure, by SQLSTATE or by the code of a connection's error. Nothing that the server or the library
 * writes is passed on: it may hold values and queries.
 */
const REASONS: Readonly<Record<string, string>> = {
  CONNECT_TIMEOUT: "the server cannot be reached: it does not answer",
  CONNECTION_CLOSED: "the connection was lost",
  CONNECTION_DESTROYED: "the connection was given up",
  CONNECTION_ENDED: "closed",
  CERT_HAS_EXPIRED: "the server's certificate has expired",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the server's certificate is not trusted",
  EAI_AGAIN: "the server's name cannot be resolved now",
  ECONNREFUSED: "the server cannot be reached: the connection was refused",
  ECONNRESET: "the connection was lost",
  EHOSTUNREACH: "the server cannot be reached: there is no route to it",
  ENETUNREACH: "the server cannot be reached: there is no route to it",
  ENOTFOUND: "the server's name is not known",
  EPIPE: "the connection was lost",
  ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is for another name",
  ETIMEDOUT: "the server cannot be reached: it does not answer",
  SELF_SIGNED_CERT_IN_CHAIN: "the server's certificate is not trusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "the server's certificate is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "the server's certificate is not trusted",
  "25006": "the server takes no writes: it is a replica, or read-only",
  "28000": "the server does not let this user in",
  "28P01": "the server does not let this user in: the password is wrong",
  "3D000": "there is no such database",
  "42501": "this user may not do that there",
  "53100": "the server's disk is full",
  "53300": "the server has too many connections",
  "55P03": "waited too long for a lock",
  "57014": "the server took too long",
  "57P01": "the server is being stopped",
  "57P02": "the server has crashed and restarts",
  "57P03": "the server is starting or stopping",
};
const MISSING_SCHEMA = new Set(["3F000", "42P01", "42703", "42883"]);
/** Unlike `EPIPE`, each has a digit. */
const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/;
const CODE = /^\w{1,32}$/;

/** An error of the store: what the caller may read. */
export class PostgresStoreError extends Error {
  override readonly name = "PostgresStoreError";
  /** The same for logs, metrics and readiness: `ECONNREFUSED`, `SQLSTATE_28P01`, `run_dit_migrate`. */
  readonly code: string | undefined;

  constructor(reason: string, code: string | undefined) {
    super(`documents (postgres): ${reason}`);
    this.code = code;
  }
}

/** What the server answered, and goes on. Everything else is the end of a connection. */
export function isRefusal(error: unknown): boolean {
  return error instanceof postgres.PostgresError && error.severity === "ERROR";
}

export function toStoreError(error: unknown): Error {
  if (error instanceof PostgresStoreError || error instanceof RangeError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (MISSING_SCHEMA.has(code)) {
    return new PostgresStoreError(
      "its schema is missing, or of an earlier release: run dit migrate",
      RUN_DIT_MIGRATE,
    );
  }
  const known = CODE.test(code) ? code : undefined;
  return new PostgresStoreError(
    REASONS[code] ?? `failed (${known ?? "of unknown cause"})`,
    known !== undefined && SQLSTATE.test(known) ? `SQLSTATE_${known}` : known,
  );
}
