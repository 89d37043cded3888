export interface PostgresOptions {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** Whether to encrypt, and to check the server's certificate and name. */
  readonly tls?: boolean;
  /** With `tls`: a PEM file of the authorities to trust, instead of those that Node does. */
  readonly caPath?: string;
  /** Of its own in that database, `dit` by default: lower-case letters, digits and underscores. */
  readonly schema?: string;
  /**
   * Whether what is destroyed is purged from the server's write-ahead log too, as it is by default; this asks for rights and a setting (docs/OPERATIONS.md).
   * If not, it can be read there for as long as the server keeps that.
   */
  readonly purgeWal?: boolean;
}

const SCHEMA = /^[a-z_][a-z0-9_]{0,62}$/;

/** Throws RangeError. */
export function schemaOf({ schema = "dit" }: PostgresOptions): string {
  if (!SCHEMA.test(schema)) throw new RangeError(`documents (postgres): a schema's name is like ${SCHEMA}`);
  return schema;
}
