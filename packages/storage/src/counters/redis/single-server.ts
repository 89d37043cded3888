import { UnfitRedisError } from "./counters-error.ts";
import { evaluate } from "./evaluate.ts";
import { createRedisNode } from "./node.ts";
import type { RedisAddress } from "./options.ts";
import type { RedisServers, RedisServersOptions } from "./servers.ts";

export function createSingleServer(address: RedisAddress, options: RedisServersOptions): RedisServers {
  const node = createRedisNode(address, options);
  return {
    async run(calls, deadline) {
      const answers = await evaluate(node.write, calls, { deadline });
      return answers.map((answer) => {
        if ("address" in answer)
          throw new UnfitRedisError(
            "is_a_cluster",
            "this is a node of a cluster, and was not said to be one",
          );
        return answer;
      });
    },
    masters: async () => [{ node, ownKey: "dit:check" }],
    disconnect: node.disconnect,
  };
}
