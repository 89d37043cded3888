export interface PostgresOptions {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** Whether to encrypt, and to check the server's certificate and name. */
  readonly tls?: boolean;
  /** Of its own in that database, `dit` by default: lower-case letters, digits and underscores. */
  readonly schema?: string;
}

const SCHEMA = /^[a-z_][a-z0-9_]{0,62}$/;

/** Throws RangeError. */
export function schemaOf({ schema = "dit" }: PostgresOptions): string {
  if (!SCHEMA.test(schema)) throw new RangeError(`documents (postgres): a schema's name is like ${SCHEMA}`);
  return schema;
}
