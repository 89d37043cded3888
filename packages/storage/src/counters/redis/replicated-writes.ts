import { ErrorReply } from "redis";
import { UnfitRedisError } from "./counters-error.ts";
import { type Deadline, deadlineIn, within } from "./deadline.ts";
import type { RedisCommand, Send } from "./node.ts";
import { REDIS_DEFAULTS, type RedisReplicationOptions } from "./options.ts";

interface PendingWrite {
  readonly commands: readonly RedisCommand[];
  readonly deadline: Deadline;
  readonly resolve: (replies: unknown[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * As `send`, but rejects unless so many replicas have all of it as are asked for. A connection that waits for replicas does nothing else meanwhile. So whatever is to be written while it waits goes together then,
 * and is waited for once.
 */
export function createReplicatedWrites(send: Send, options: RedisReplicationOptions): Send {
  const { replicas = REDIS_DEFAULTS.replicas } = options;
  const { replicationTimeoutMs = REDIS_DEFAULTS.replicationTimeoutMs } = options;
  if (replicas === 0) return send;
  let pending: PendingWrite[] = [];
  let isWriting = false;

  async function writeTogether(writes: readonly PendingWrite[]): Promise<void> {
    const deadline = deadlineIn(Math.max(...writes.map((each) => each.deadline.leftMs)));
    try {
      const commands = writes.flatMap((each) => each.commands);
      const wait = waitCommand(replicas, Math.min(replicationTimeoutMs, deadline.leftMs));
      const replies = await send([...commands, wait], deadline);
      requireReplicas(replies.pop(), replicas);
      for (const write of writes) write.resolve(replies.splice(0, write.commands.length));
    } catch (error) {
      for (const write of writes) write.reject(error);
    }
  }

  async function writePending(): Promise<void> {
    isWriting = true;
    while (pending.length > 0) {
      const writes = pending;
      pending = [];
      await writeTogether(writes);
    }
    isWriting = false;
  }

  return (commands, deadline) => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown[]>();
    pending.push({ commands, deadline, resolve, reject });
    if (!isWriting) void writePending();
    return within(deadline, "a copy in time", promise);
  };
}

function waitCommand(replicas: number, timeoutMs: number): RedisCommand {
  // 0 would wait for ever.
  return ["WAIT", String(replicas), String(Math.max(1, Math.floor(timeoutMs)))];
}

function requireReplicas(reply: unknown, replicas: number): void {
  if (reply instanceof ErrorReply) throw reply;
  if (typeof reply === "number" && reply >= replicas) return;
  throw new UnfitRedisError("too_few_replicas", `${String(reply)} of ${replicas} replicas had it in time`);
}
