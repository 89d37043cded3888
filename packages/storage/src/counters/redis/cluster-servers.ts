import type { Deadline } from "./deadline.ts";
import { evaluate, type Redirection } from "./evaluate.ts";
import type { RedisNode } from "./node.ts";
import type { RedisAddress } from "./options.ts";
import type { ScriptAnswer, ScriptCall } from "./script.ts";
import type { RedisServers, RedisServersOptions } from "./servers.ts";
import { createSlotMap, type SlotMap } from "./slot-map.ts";
import { parseRedirection } from "./slot-ranges.ts";

/** A call on its way to the node that is thought to keep its key. */
interface Target {
  readonly call: ScriptCall;
  /** Of its answer. */
  readonly index: number;
  readonly node: RedisNode;
  /** The node does not keep the slot yet: it is being moved there. */
  readonly asking: boolean;
}

/** A cluster that redirects more often does not agree with itself. */
const MAX_REDIRECTIONS = 5;

/**
 * The masters of a cluster. What one call asks of one master goes to it together, as to a single server, and waits for replicas on the
 * very connection that wrote. The library's own client of clusters ties nothing to a connection, does not redirect what is sent
 * together, and waits for a master that has stopped as long as that takes.
 */
export function createClusterServers(
  seeds: readonly RedisAddress[],
  options: RedisServersOptions,
): RedisServers {
  const map = createSlotMap(seeds, options);
  return {
    async run(calls, deadline) {
      await map.known(deadline);
      const answers = new Array<ScriptAnswer>(calls.length);
      let targets = calls.map((call, index): Target => {
        return { call, index, node: map.ownerOf(call.key), asking: false };
      });
      for (let redirections = 0; targets.length > 0; redirections += 1) {
        if (redirections > MAX_REDIRECTIONS) throw new Error("the cluster redirects without end");
        const runs = together(targets).map((each) => runTogether(map, each, answers, deadline));
        targets = (await Promise.all(runs)).flat();
      }
      return answers;
    },
    async masters(deadline) {
      await map.look(deadline);
      return map.masters().map((node) => ({ node, ownKey: ownKey(map, node) }));
    },
    disconnect: map.disconnect,
  };
}

/** Of one node, in one group each: those that ask, and those that do not. The order stays. */
function together(targets: readonly Target[]): Target[][] {
  return [false, true].flatMap((asking) => [
    ...Map.groupBy(
      targets.filter((target) => target.asking === asking),
      ({ node }) => node,
    ).values(),
  ]);
}

/** Gives those that have to go elsewhere. */
async function runTogether(
  map: SlotMap,
  targets: readonly Target[],
  answers: ScriptAnswer[],
  deadline: Deadline,
): Promise<Target[]> {
  const [first] = targets;
  if (first === undefined) return [];
  const { node, asking } = first;
  const calls = targets.map(({ call }) => call);
  const replies = await evaluate(node.write, calls, { deadline, asking }).catch((error: unknown) => {
    // It may have been replaced.
    map.lookSoon();
    throw error;
  });
  return targets.flatMap((target, index) => {
    const reply = replies[index];
    if (reply === undefined) throw new Error("a call was not answered");
    if ("address" in reply) return [follow(map, target, reply)];
    answers[target.index] = reply;
    return [];
  });
}

function follow(map: SlotMap, target: Target, { address, isAsk }: Redirection): Target {
  const node = map.nodeAt(parseRedirection(address, target.node.address));
  if (!isAsk) map.learn(target.call.key, node);
  return { ...target, node, asking: isAsk };
}

/** The first of `dit:check:0`, `dit:check:1`, ... that the node keeps. It keeps a slot, so that there is one. */
function ownKey(map: SlotMap, node: RedisNode): string {
  for (let index = 0; ; index += 1) {
    const key = `dit:check:${index}`;
    if (map.ownerOf(Buffer.from(key)) === node) return key;
  }
}
