import { describe, expect, it } from "vitest";
import type { KafkaPartition } from "./kafka-cluster.ts";
import { kafkaErrorOfCode } from "./kafka-error.ts";
import { assertAppendable } from "./kafka-health.ts";

const TOPIC_AUTHORIZATION_FAILED = 29;
const healthy: KafkaPartition = { leader: 1, replicas: 3, inSyncReplicas: 3 };

/** As brokers answer that have such partitions, of a topic that asks for two replicas in sync. */
function check(
  changed: Partial<KafkaPartition>,
  settings: "readable" | "unreadable" = "readable",
): Promise<void> {
  const partitions = [healthy, { ...healthy, ...changed }];
  const answer = { results: [{ configs: [{ name: "min.insync.replicas", value: "2" }] }] };
  const brokers: Parameters<typeof assertAppendable>[0] = {
    topic: async (name) => ({ id: "1", name, partitions }),
    async ask<Answer>() {
      if (settings === "unreadable") throw kafkaErrorOfCode(TOPIC_AUTHORIZATION_FAILED);
      return answer as Answer;
    },
  };
  return assertAppendable(brokers, "reports");
}

describe("a topic takes appends", () => {
  it("while every partition has a leader and as many replicas in sync as it asks for", async () => {
    await check({});
    await check({ inSyncReplicas: 2 });
    await expect(check({ inSyncReplicas: 1 })).rejects.toMatchObject({ code: "NOT_ENOUGH_REPLICAS" });
    await expect(check({ leader: -1 })).rejects.toMatchObject({ code: "LEADER_NOT_AVAILABLE" });
  });

  it("with one replica if there is but one, whatever it asks for", async () => {
    await check({ replicas: 1, inSyncReplicas: 1 });
  });

  it("for all that who may not read its settings can know", async () => {
    await check({ inSyncReplicas: 1 }, "unreadable");
    await expect(check({ leader: -1 }, "unreadable")).rejects.toMatchObject({ code: "LEADER_NOT_AVAILABLE" });
  });
});
