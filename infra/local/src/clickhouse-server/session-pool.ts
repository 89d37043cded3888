import { Session } from "chdb";
import type { QueryRequest } from "./query-request.ts";
import { ServerError } from "./server-error.ts";
import { literal } from "./sql-literal.ts";

/** Runs queries on sessions of their own, side by side. Sessions are used again, without anything that the query before set. */
export interface SessionPool {
  /** Waits while all sessions are taken. */
  use<T>(request: QueryRequest, run: (session: Session) => Promise<T>): Promise<T>;
  close(): void;
}

interface Pooled {
  readonly session: Session;
  readonly settings: Set<string>;
  /** The engine forgets no parameter; it may only get another value. */
  readonly parameters: Set<string>;
}

/** A query holds a thread of Node's pool for as long as it runs. */
const MAX_SESSIONS = 24;
/** A parameter is set by a statement here, so that one of a server's greatest size must fit into it. */
const MAX_QUERY_BYTES = 64 * 1_024 ** 2;
/** Stays on a session in ways that are not undone here. */
const LEAVES_TRACES = /^\s*(?:SET|USE|CREATE\s+TEMPORARY)\b/i;

/**
 * A session a request would be simpler, but chDB keeps a session that was closed for as long as any query runs that began before, and the
 * engine counts 2 MiB for each: beside one query of a minute they would come to all the memory there is.
 */
export function createSessionPool(path: string): SessionPool {
  const idle: Pooled[] = [];
  const waiting: (() => void)[] = [];
  let taken = 0;

  async function take({ sql, parameters }: QueryRequest): Promise<Pooled> {
    if (taken < MAX_SESSIONS) taken += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    const pooled = idle.pop();
    const isMisled = [...(pooled?.parameters ?? [])].some(
      (name) => !(name in parameters) && sql.includes(`{${name}`),
    );
    if (pooled !== undefined && !isMisled) return pooled;
    pooled?.session.close();
    const session = new Session(path);
    await session.queryAsync(`SET max_query_size = ${MAX_QUERY_BYTES}`);
    return { session, settings: new Set(), parameters: new Set() };
  }

  function giveBack(pooled: Pooled, isReusable: boolean): void {
    if (isReusable) idle.push(pooled);
    else pooled.session.close();
    const next = waiting.shift();
    if (next === undefined) taken -= 1;
    else next();
  }

  return {
    async use(request, run) {
      const pooled = await take(request);
      let isReusable = false;
      try {
        await prepare(pooled, request);
        return await run(pooled.session);
      } finally {
        isReusable = !LEAVES_TRACES.test(request.sql) && (await reset(pooled));
        giveBack(pooled, isReusable);
      }
    },
    close() {
      for (const { session } of idle.splice(0)) session.close();
    },
  };
}

async function prepare({ session, ...known }: Pooled, request: QueryRequest): Promise<void> {
  const { database, settings, parameters, isReadOnly } = request;
  if (database !== undefined) await session.queryAsync(`USE \`${database.replaceAll("`", "``")}\``);
  for (const [name, value] of Object.entries(parameters)) {
    await session.queryAsync(`SET param_${identifier(name)} = ${literal(value)}`);
    known.parameters.add(name);
  }
  for (const [name, value] of Object.entries({ ...settings, ...(isReadOnly && { readonly: "2" }) })) {
    await session.queryAsync(`SET ${identifier(name)} = ${literal(value)}`);
    known.settings.add(name);
  }
}

/** False: the session is not as it was. */
async function reset({ session, settings }: Pooled): Promise<boolean> {
  try {
    // `readonly` last to come, first to go: under it nothing else can be set.
    for (const name of [...settings].reverse()) await session.queryAsync(`SET ${name} = DEFAULT`);
    settings.clear();
    await session.queryAsync("USE default");
    return true;
  } catch {
    return false;
  }
}

function identifier(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name;
  throw new ServerError(115, "UNKNOWN_SETTING", "A name is letters, digits and _");
}
