import { ErrorReply } from "redis";
import type { RedisAddress } from "./options.ts";

/** Slots of a cluster, both ends included, and the master that serves them. */
export interface SlotRange {
  readonly first: number;
  readonly last: number;
  readonly master: RedisAddress;
}

/** Reads the answer to CLUSTER SLOTS. `asked` gave it: a node that does not know its own address leaves it out. */
export function parseClusterSlots(reply: unknown, asked: RedisAddress): SlotRange[] {
  if (reply instanceof ErrorReply) throw reply;
  return list(reply).map((range) => {
    const [first, last, master] = list(range);
    const [host, port] = list(master);
    if (typeof first !== "number" || typeof last !== "number" || typeof port !== "number") {
      throw new Error("CLUSTER SLOTS was answered by something else");
    }
    return { first, last, master: { host: String(host ?? "") || asked.host, port } };
  });
}

/** Reads `host:port` as a redirection gives it. */
export function parseRedirection(text: string, asked: RedisAddress): RedisAddress {
  const colon = text.lastIndexOf(":");
  return { host: text.slice(0, colon) || asked.host, port: Number(text.slice(colon + 1)) };
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error("CLUSTER SLOTS was answered by something else");
  return value;
}
