/** Where a server is, as one URL says it: `scheme://user:password@host:port,host:port/path?name=value`. */
export interface EngineUrl {
  readonly scheme: string;
  /** Percent-decoded, as the password is. */
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** At least one. */
  readonly hosts: readonly EngineHost[];
  /** What follows the hosts, without its slash, percent-decoded; empty where there is none. */
  readonly path: string;
  /** Percent-decoded, each name once. */
  readonly parameters: ReadonlyMap<string, string>;
}

export interface EngineHost {
  /** A name, an IPv4 address, or an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * Says what is wrong with a URL without quoting any of it: a password that was not percent-encoded may have ended up in any part, the
 * parameters' names included.
 */
export class EngineUrlError extends Error {
  override readonly name = "EngineUrlError";
}

const SHAPE = /^([a-z][a-z0-9+]*):\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/;
const HOST = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9._-]{1,253}))(?::(\d{1,5}))?$/;
const MAX_PORT = 65_535;

/** `schemes`: those that are taken, each with the port that is meant where none is given. Throws EngineUrlError. */
export function parseEngineUrl(text: string, schemes: Readonly<Record<string, number>>): EngineUrl {
  const [, scheme = "", authority = "", path = "", query = ""] = SHAPE.exec(text) ?? [];
  const defaultPort = Object.hasOwn(schemes, scheme) ? schemes[scheme] : undefined;
  if (defaultPort === undefined) {
    const known = Object.keys(schemes).map((name) => `${name}://`);
    throw new EngineUrlError(`must be a URL that begins with ${known.join(" or ")}, and hold no #`);
  }
  const [hosts = "", credentials, ...rest] = authority.split("@").reverse();
  if (rest.length > 0) throw new EngineUrlError("an @ in a user's name or password is written %40");
  return {
    scheme,
    ...parseCredentials(credentials),
    hosts: hosts.split(",").map((host) => parseHost(host, defaultPort)),
    path: decoded(path),
    parameters: parseParameters(query),
  };
}

function parseCredentials(text: string | undefined): Pick<EngineUrl, "user" | "password"> {
  if (text === undefined) return { user: undefined, password: undefined };
  const [user = "", password, ...rest] = text.split(":");
  if (rest.length > 0) throw new EngineUrlError("a : in a user's name or password is written %3A");
  return {
    user: decoded(user) || undefined,
    password: password === undefined ? undefined : decoded(password),
  };
}

function parseHost(text: string, defaultPort: number): EngineHost {
  const [, address, name, port] = HOST.exec(text) ?? [];
  const host = address ?? name;
  if (host === undefined) {
    throw new EngineUrlError(
      "a host is a name or an address with a port, as in b1:9092,b2:9092; in passwords / ? # @ : are percent-encoded",
    );
  }
  const number = port === undefined ? defaultPort : Number(port);
  if (number < 1 || number > MAX_PORT) throw new EngineUrlError(`a port is from 1 to ${MAX_PORT}`);
  return { host, port: number };
}

function parseParameters(query: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of query === "" ? [] : query.split("&")) {
    const [name = "", value, ...rest] = pair.split("=");
    if (value === undefined || rest.length > 0) throw new EngineUrlError("a parameter is written name=value");
    const key = decoded(name);
    if (parameters.has(key)) throw new EngineUrlError("a parameter is given twice");
    parameters.set(key, decoded(value));
  }
  return parameters;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new EngineUrlError("a % that stands for itself is written %25");
  }
}
