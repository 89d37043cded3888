import type { CommittedOffset } from "./event-log.ts";
import { KafkaError } from "./kafka-error.ts";

/** One partition of a group's member: from when it was given until its work is over. */
export class Lease {
  readonly topicId: string;
  readonly partition: number;
  /** Aborts when the partition is taken away, or everything stops. */
  readonly signal: AbortSignal;
  /** Resolves once its work is over; never rejects. */
  readonly done: Promise<void>;
  isTakenAway = false;
  isDone = false;
  private isHeld = true;
  private readonly takingAway = new AbortController();
  private readonly commitNow: (lease: Lease, committed: CommittedOffset) => Promise<void>;

  constructor(
    at: { readonly topicId: string; readonly partition: number },
    parts: {
      readonly stop: AbortSignal;
      readonly commit: (lease: Lease, committed: CommittedOffset) => Promise<void>;
      readonly work: (lease: Lease) => Promise<void>;
    },
  ) {
    this.topicId = at.topicId;
    this.partition = at.partition;
    this.signal = AbortSignal.any([parts.stop, this.takingAway.signal]);
    this.commitNow = parts.commit;
    this.done = parts.work(this).finally(() => {
      this.isDone = true;
      this.isHeld = false;
    });
  }

  /** It may be finished still, but not begun anew. */
  takeAway(): void {
    this.isTakenAway = true;
    this.takingAway.abort();
  }

  /** It is somebody else's already. */
  lose(): void {
    this.isHeld = false;
    this.takeAway();
  }

  assertHeld(): void {
    if (!this.isHeld)
      throw new KafkaError("UNKNOWN_MEMBER_ID", { detail: `partition ${this.partition} is no longer held` });
  }

  commit(committed: CommittedOffset): Promise<void> {
    return this.commitNow(this, committed);
  }
}
