import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { consumerGroupHeartbeatV1 } from "@platformatic/kafka";
import type { CommittedOffset } from "./event-log.ts";
import { KAFKA_APIS } from "./kafka-apis.ts";
import type { KafkaCluster } from "./kafka-cluster.ts";
import { type KafkaError, kafkaErrorOf } from "./kafka-error.ts";
import { Lease } from "./kafka-lease.ts";
import { pauseMs, retryTransient } from "./kafka-retry.ts";

export interface Membership {
  readonly cluster: KafkaCluster;
  readonly group: string;
  /** As the brokers know it. */
  readonly topicName: string;
  readonly onPartition: (lease: Lease) => Promise<void>;
}

interface Partition {
  readonly topicId: string;
  readonly partition: number;
}

type Answer = consumerGroupHeartbeatV1.ConsumerGroupHeartbeatResponse;

/** How long the work on a partition may go on after it was taken away; its next owner waits for that. */
const REBALANCE_TIMEOUT_MS = 60_000;
const JOIN_WITHIN_MS = 10_000;
const COMMIT_WITHIN_MS = 5_000;
/** Who has nothing to do looks more often than the brokers ask for: they share partitions out a moment after somebody has joined. */
const IDLE_BEAT_MS = 500;
const JOINING = 0;
const LEAVING = -1;
const UNCHANGED = -1;
/** The group goes on without this member; its partitions are others' already. */
const IS_FENCED: ReadonlySet<string> = new Set(["FENCED_MEMBER_EPOCH", "UNKNOWN_MEMBER_ID"]);

/**
 * A member of a consumer group, by the protocol of KIP-848: the brokers say which partitions are its own, it says which it still
 * works on, and none goes to another before this one has said that it is done with it, or was silent for too long. Its commits carry
 * its epoch: those of a member that the group has given up are refused.
 */
export class GroupMember {
  private readonly membership: Membership;
  private readonly stopping = new AbortController();
  private id: string = randomUUID();
  private epoch = JOINING;
  private heartbeatMs = 0;
  private wanted = new Map<string, Partition>();
  private readonly leases = new Map<string, Lease>();
  /** The brokers are told everything, not only what has changed: at first, and after an answer that did not come. */
  private tellsAll = true;
  private told = "";
  private failures = 0;
  private failure: { readonly error: unknown } | undefined;
  private nap = new AbortController();
  private hasJoined = false;
  private readonly createdMs = performance.now();

  constructor(membership: Membership) {
    this.membership = membership;
  }

  /**
   * Until `signal` aborts, or the work on every partition has ended by itself. Rejects with the first error of a partition that was not
   * taken away, or when the group cannot be joined.
   */
  async run(signal: AbortSignal): Promise<void> {
    const stop = () => this.stop();
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
    try {
      while (!this.isOver()) {
        await this.beat();
        await this.rest();
      }
    } finally {
      signal.removeEventListener("abort", stop);
      await this.leave();
    }
    if (this.failure !== undefined) throw this.failure.error;
  }

  private isOver(): boolean {
    const leases = [...this.leases.values()];
    if (!leases.every(({ isDone }) => isDone)) return false;
    return this.stopping.signal.aborted || (leases.length > 0 && leases.length === this.wanted.size);
  }

  private stop(): void {
    if (this.stopping.signal.aborted) return;
    this.stopping.abort();
    this.wake();
  }

  private fail(error: unknown): void {
    this.failure ??= { error };
    this.stop();
  }

  private async beat(): Promise<void> {
    const held = this.heldPartitions();
    const tells = this.tellsAll || this.told !== JSON.stringify(held);
    try {
      const answer = await this.tell(this.epoch, tells ? held : null);
      if (tells) this.told = JSON.stringify(held);
      this.tellsAll = false;
      this.failures = 0;
      this.apply(answer);
    } catch (error) {
      await this.cope(kafkaErrorOf(error));
    }
  }

  private tell(epoch: number, held: { topicId: string; partitions: number[] }[] | null): Promise<Answer> {
    const { cluster, group, topicName } = this.membership;
    const [timeoutMs, topics] = this.tellsAll ? [REBALANCE_TIMEOUT_MS, [topicName]] : [UNCHANGED, null];
    const who = [group, this.id, epoch, null, null] as const;
    return cluster.askCoordinator(group, KAFKA_APIS.heartbeat, ...who, timeoutMs, topics, null, null, held);
  }

  private heldPartitions(): { topicId: string; partitions: number[] }[] {
    const byTopic = Map.groupBy(this.leases.values(), ({ topicId }) => topicId);
    return [...byTopic].map(([topicId, leases]) => ({
      topicId,
      partitions: leases.map(({ partition }) => partition).toSorted((a, b) => a - b),
    }));
  }

  private apply({ memberEpoch, heartbeatIntervalMs, assignment }: Answer): void {
    this.hasJoined = true;
    this.epoch = memberEpoch;
    this.heartbeatMs = heartbeatIntervalMs;
    if (assignment === null) return;
    const partitions = assignment.topicPartitions.flatMap(({ topicId, partitions }) =>
      partitions.map((partition) => ({ topicId, partition })),
    );
    this.wanted = new Map(partitions.map((each) => [`${each.topicId} ${each.partition}`, each]));
    this.reconcile();
  }

  /** What is not this member's any more is taken away; what is new begins. */
  private reconcile(): void {
    for (const [name, lease] of this.leases) {
      if (!this.wanted.has(name)) lease.takeAway();
      if (lease.isTakenAway && lease.isDone) this.leases.delete(name);
    }
    if (this.stopping.signal.aborted) return;
    for (const [name, partition] of this.wanted) {
      if (!this.leases.has(name)) this.leases.set(name, this.begin(partition));
    }
  }

  private begin(partition: Partition): Lease {
    const lease = new Lease(partition, {
      stop: this.stopping.signal,
      commit: (each, committed) => this.commit(each, committed),
      // What fails in a partition that was taken away is for its next owner to do again.
      work: (each) =>
        this.membership.onPartition(each).catch((error: unknown) => {
          if (!each.isTakenAway) this.fail(error);
        }),
    });
    void lease.done.then(() => {
      this.reconcile();
      this.wake();
    });
    return lease;
  }

  private async commit(lease: Lease, { offset, metadata }: CommittedOffset): Promise<void> {
    const { cluster, group, topicName } = this.membership;
    const partition = {
      partitionIndex: lease.partition,
      committedOffset: BigInt(offset),
      committedLeaderEpoch: -1,
      committedMetadata: metadata,
    };
    const topics = [{ name: topicName, partitions: [partition] }];
    const attempt = async () => {
      lease.assertHeld();
      await cluster.askCoordinator(group, KAFKA_APIS.commit, group, this.epoch, this.id, null, topics);
    };
    try {
      await retryTransient(attempt, COMMIT_WITHIN_MS);
    } catch (error) {
      // If the group has given this member up, the next heartbeat says so.
      this.wake();
      throw error;
    }
  }

  private async cope(error: KafkaError): Promise<void> {
    if (IS_FENCED.has(error.code)) return this.startOver();
    this.tellsAll = true;
    this.failures += 1;
    const isPatient = this.hasJoined || performance.now() - this.createdMs < JOIN_WITHIN_MS;
    if (!error.isTransient || !isPatient) this.fail(error);
  }

  /** As another member, once nothing of this one is at work any more. */
  private async startOver(): Promise<void> {
    this.wanted = new Map();
    const leases = [...this.leases.values()];
    for (const lease of leases) lease.lose();
    await Promise.all(leases.map(({ done }) => done));
    this.leases.clear();
    this.id = randomUUID();
    this.epoch = JOINING;
    this.tellsAll = true;
  }

  /** So that nobody waits for this member. Where this does not get through, the group finds out by itself. */
  private async leave(): Promise<void> {
    if (this.epoch === JOINING) return;
    this.tellsAll = false;
    await this.tell(LEAVING, null).catch(() => undefined);
  }

  private async rest(): Promise<void> {
    if (this.isOver()) return;
    const beatMs = this.leases.size > 0 ? this.heartbeatMs : Math.min(this.heartbeatMs, IDLE_BEAT_MS);
    const restMs = this.failures > 0 ? pauseMs(this.failures) : beatMs;
    await sleep(restMs, undefined, { signal: this.nap.signal }).catch(() => undefined);
    this.nap = new AbortController();
  }

  private wake(): void {
    this.nap.abort();
  }
}
