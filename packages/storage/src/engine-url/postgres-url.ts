import { type PostgresOptions, schemaOf } from "../documents/postgres/options.ts";
import { EngineUrlError, parseEngineUrl } from "./engine-url.ts";
import { createUrlParameters } from "./url-parameters.ts";
import { withoutUndefined } from "./without-undefined.ts";

/** `postgres://user:password@host:5432/database?tls=true&schema=dit`. Throws EngineUrlError. */
export function parsePostgresUrl(text: string): PostgresOptions {
  const { user, password, hosts, path, parameters } = parseEngineUrl(text, { postgres: 5432 });
  const [place, ...others] = hosts;
  if (place === undefined || others.length > 0) throw new EngineUrlError("names one host");
  if (user === undefined || password === undefined) throw new EngineUrlError("names a user and a password");
  if (path === "" || path.includes("/"))
    throw new EngineUrlError("names a database: postgres://.../database");
  const named = createUrlParameters(parameters);
  const given = withoutUndefined({
    tls: named.flag("tls"),
    caPath: named.text("caPath"),
    schema: named.text("schema"),
    purgeWal: named.flag("purgeWal"),
  });
  named.end();
  if (given.caPath !== undefined && given.tls !== true) throw new EngineUrlError("caPath goes with tls=true");
  const options: PostgresOptions = { ...place, database: path, user, password, ...given };
  try {
    schemaOf(options);
  } catch {
    throw new EngineUrlError("schema is lower-case letters, digits and underscores, at most 63");
  }
  return options;
}
