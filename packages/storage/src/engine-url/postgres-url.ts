import { type PostgresOptions, schemaOf } from "../documents/postgres/options.ts";
import { EngineUrlError, parseEngineUrl } from "./engine-url.ts";
import { createUrlParameters } from "./url-parameters.ts";

/** `postgres://user:password@host:5432/database?tls=true&schema=dit`. Throws EngineUrlError. */
export function parsePostgresUrl(text: string): PostgresOptions {
  const { user, password, hosts, path, parameters } = parseEngineUrl(text, { postgres: 5432 });
  const [place, ...others] = hosts;
  if (place === undefined || others.length > 0) throw new EngineUrlError("names one host");
  if (user === undefined || password === undefined) throw new EngineUrlError("names a user and a password");
  if (path === "" || path.includes("/"))
    throw new EngineUrlError("names a database: postgres://.../database");
  const named = createUrlParameters(parameters);
  const tls = named.flag("tls");
  const schema = named.text("schema");
  named.end();
  const options: PostgresOptions = {
    ...{ ...place, database: path, user, password },
    ...(tls !== undefined && { tls }),
    ...(schema !== undefined && { schema }),
  };
  try {
    schemaOf(options);
  } catch {
    throw new EngineUrlError("schema is lower-case letters, digits and underscores, at most 63");
  }
  return options;
}
