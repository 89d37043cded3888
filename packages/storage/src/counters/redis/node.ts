import { readFileSync } from "node:fs";
import { createClient, DisconnectsClientError, ErrorReply, RESP_TYPES, type RedisClientOptions } from "redis";
import { type Deadline, DeadlineError, deadlineIn, within } from "./deadline.ts";
import {
  REDIS_DEFAULTS,
  type RedisAddress,
  type RedisConnectionOptions,
  type RedisReplicationOptions,
} from "./options.ts";
import { createReplicatedWrites } from "./replicated-writes.ts";

export type RedisCommand = readonly (string | Buffer)[];

/**
 * Sends all of them on the same connection. Gives what Redis answered to each, in order: an ErrorReply where it refused. Rejects if there
 * is no answer to every one of them in time; any of them may have been carried out then.
 */
export type Send = (commands: readonly RedisCommand[], deadline: Deadline) => Promise<unknown[]>;

/**
 * One Redis server, over one connection at a time. A connection that fails, or that does not answer in time, is given up with all that
 * was sent on it; the next call makes a new one. Nothing waits for a server that is away.
 */
export interface RedisNode {
  readonly address: RedisAddress;
  readonly send: Send;
  /** Sends what writes: rejects too if fewer replicas have it than are asked for. */
  readonly write: Send;
  /** Gives the connection up. */
  disconnect(): void;
}

type Client = ReturnType<typeof createConnection>;

/** A server that could not be reached is not tried more often. */
const RETRY_AFTER_MS = 200;

export function createRedisNode(
  address: RedisAddress,
  options: RedisConnectionOptions & RedisReplicationOptions,
): RedisNode {
  let connecting: Promise<Client> | undefined;
  let failure: { readonly error: unknown; readonly atMs: number } | undefined;

  function connected(): Promise<Client> {
    if (connecting !== undefined) return connecting;
    if (failure !== undefined && performance.now() - failure.atMs < RETRY_AFTER_MS) {
      return Promise.reject(failure.error);
    }
    const attempt = connect(address, options, () => forget(attempt));
    attempt.catch((error: unknown) => {
      failure = { error, atMs: performance.now() };
      forget(attempt);
    });
    connecting = attempt;
    return attempt;
  }

  function forget(attempt: Promise<Client>): void {
    if (connecting === attempt) connecting = undefined;
  }

  function giveUp(attempt: Promise<Client> | undefined): void {
    if (attempt === undefined) return;
    forget(attempt);
    attempt.then(
      (client) => client.destroy(),
      () => undefined,
    );
  }

  async function send(commands: readonly RedisCommand[], deadline: Deadline): Promise<unknown[]> {
    const connection = connected();
    const client = await within(deadline, "connecting", connection);
    try {
      const sent = commands.map((command) => client.sendCommand(command).catch(errorReply));
      const replies = await within(deadline, "an answer", Promise.all(sent));
      // It was a master when it was connected to. Its name may be another's by now.
      if (replies.some((reply) => isRefusal(reply, "READONLY"))) giveUp(connection);
      return replies;
    } catch (error) {
      giveUp(connection);
      throw error;
    }
  }

  return {
    address,
    send,
    write: createReplicatedWrites(send, options),
    disconnect: () => giveUp(connecting),
  };
}

/** Whether Redis answered with an error that begins so. */
export function isRefusal(reply: unknown, code: string): boolean {
  return reply instanceof ErrorReply && reply.message.startsWith(code);
}

async function connect(
  address: RedisAddress,
  options: RedisConnectionOptions,
  onLost: () => void,
): Promise<Client> {
  const client = createConnection(address, options);
  // A client without a listener would end the process. What was sent is rejected anyway.
  client.on("error", onLost);
  try {
    const { connectTimeoutMs = REDIS_DEFAULTS.connectTimeoutMs } = options;
    await within(deadlineIn(connectTimeoutMs), "connecting", client.connect());
    return client;
  } catch (error) {
    client.destroy();
    throw error;
  }
}

/** A client is one connection: it does not connect again, and keeps nothing for later. */
function createConnection({ host, port }: RedisAddress, options: RedisConnectionOptions) {
  const { user, password, database, tls, connectTimeoutMs = REDIS_DEFAULTS.connectTimeoutMs } = options;
  const base = { host, port, connectTimeout: connectTimeoutMs, reconnectStrategy: false } as const;
  const ca = tls?.caPath === undefined ? {} : { ca: readFileSync(tls.caPath) };
  const settings = {
    socket: tls === undefined ? base : { ...base, ...ca, tls: true },
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: "disabled",
    // Keys are bytes. There is a deadline for all commands of a call: a timer each would cost more than the command.
    commandOptions: { timeout: 0, typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
    ...(user !== undefined && { username: user }),
    ...(password !== undefined && { password }),
    ...(database !== undefined && { database }),
  } satisfies RedisClientOptions;
  return createClient(settings);
}

function errorReply(error: unknown): ErrorReply {
  if (error instanceof ErrorReply) return error;
  if (!(error instanceof DisconnectsClientError)) throw error;
  throw new DeadlineError("the connection was given up, since something else on it took too long");
}
