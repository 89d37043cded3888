import { UnfitRedisError } from "./counters-error.ts";
import { type Deadline, deadlineIn } from "./deadline.ts";
import { CLUSTER_SLOTS, keySlot } from "./key-slot.ts";
import { createRedisNode, type RedisNode } from "./node.ts";
import type { RedisAddress } from "./options.ts";
import type { RedisServersOptions } from "./servers.ts";
import { parseClusterSlots } from "./slot-ranges.ts";

/** Which master of a cluster keeps which slots, as far as it is known. */
export interface SlotMap {
  /** Throws if none is known. */
  ownerOf(key: Buffer): RedisNode;
  nodeAt(address: RedisAddress): RedisNode;
  /** Takes a node's word that another one keeps this key's slot. */
  learn(key: Buffer, owner: RedisNode): void;
  /** Asks if nothing is known yet. Rejects as `look` does. */
  known(deadline: Deadline): Promise<void>;
  /** Asks anew. Rejects if no node answers. */
  look(deadline: Deadline): Promise<void>;
  /** Asks anew, unless that was done just now, and lets nobody wait: what was refused is asked again by whoever asked. */
  lookSoon(): void;
  /** Throws if a slot has none. */
  masters(): RedisNode[];
  disconnect(): void;
}

const LOOK_TIMEOUT_MS = 2_000;
const LOOK_EVERY_MS = 500;

/** `seeds` are asked as long as the map is used, whether they keep slots or not. */
export function createSlotMap(seeds: readonly RedisAddress[], options: RedisServersOptions): SlotMap {
  const nodes = new Map<string, RedisNode>();
  const owners = new Array<RedisNode | undefined>(CLUSTER_SLOTS).fill(undefined);
  let isKnown = false;
  let looking: Promise<void> | undefined;
  let lookedAtMs = Number.NEGATIVE_INFINITY;

  function nodeAt(address: RedisAddress): RedisNode {
    const name = nameOf(address);
    const node = nodes.get(name) ?? createRedisNode(address, options);
    nodes.set(name, node);
    return node;
  }

  /** The first answer counts: a node that is stopped would hold up the others. */
  async function readSlots(deadline: Deadline): Promise<void> {
    const ranges = await firstAnswer([...nodes.values()].map((node) => slotsOf(node, deadline)));
    owners.fill(undefined);
    for (const { first, last, master } of ranges) owners.fill(nodeAt(master), first, last + 1);
    isKnown = true;
    const used = new Set([...owners, ...seeds.map(nodeAt)]);
    for (const [name, node] of nodes) {
      if (used.has(node)) continue;
      node.disconnect();
      nodes.delete(name);
    }
  }

  function look(deadline: Deadline): Promise<void> {
    looking ??= readSlots(deadline).finally(() => {
      looking = undefined;
      lookedAtMs = performance.now();
    });
    return looking;
  }

  function lookSoon(): void {
    if (performance.now() - lookedAtMs < LOOK_EVERY_MS) return;
    look(deadlineIn(LOOK_TIMEOUT_MS)).catch(() => undefined);
  }

  for (const seed of seeds) nodeAt(seed);
  return {
    ownerOf(key) {
      const owner = owners[keySlot(key)];
      if (owner !== undefined) return owner;
      lookSoon();
      throw new UnfitRedisError("slots_unserved", "no node of the cluster serves a slot");
    },
    nodeAt,
    learn(key, owner) {
      owners[keySlot(key)] = owner;
      lookSoon();
    },
    known: async (deadline) => (isKnown ? undefined : look(deadline)),
    look,
    lookSoon,
    masters() {
      return [...new Set(owners)].map((owner) => {
        if (owner === undefined)
          throw new UnfitRedisError("slots_unserved", "no node of the cluster serves some slots");
        return owner;
      });
    },
    disconnect() {
      for (const node of nodes.values()) node.disconnect();
    },
  };
}

async function slotsOf(node: RedisNode, deadline: Deadline) {
  const [reply] = await node.send([["CLUSTER", "SLOTS"]], deadline);
  return parseClusterSlots(reply, node.address);
}

async function firstAnswer<T>(answers: readonly Promise<T>[]): Promise<T> {
  try {
    return await Promise.any(answers);
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  }
}

function nameOf({ host, port }: RedisAddress): string {
  return `${host}:${port}`;
}
