import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/**
 * `silent` never sends a byte; `stalled` ends within a body; `finished` has sent a request and keeps its connection; `headers` and `body` drip.
 */
export const SLOW_KINDS = ["headers", "body", "stalled", "silent", "finished"] as const;
export type SlowKind = (typeof SLOW_KINDS)[number];

export interface SlowSetting {
  readonly port: number;
  readonly count: number;
  /** What each begins with. */
  readonly heads: Readonly<Record<SlowKind, string>>;
}

export interface SlowEnd {
  readonly givenUp: readonly SlowKind[];
}

export interface SlowStats {
  /** Connections that the edge closed. */
  readonly closed: { [kind in SlowKind]?: number };
  readonly longestMs: { [kind in SlowKind]?: number };
}

export interface SlowClients {
  /** Resolves once all are connected. One that is closed is opened again. */
  start(setting: SlowSetting): Promise<void>;
  /**
   * Opens none again, goes on dripping, and resolves when the edge has closed every one; those `givenUp` it closes itself. Figures are of all
   * rounds.
   */
  leave(givenUp?: readonly SlowKind[]): Promise<SlowStats>;
  end(): void;
}

export function startSlowClients(): SlowClients {
  const child: ChildProcess = fork(fileURLToPath(new URL("./slow-child.ts", import.meta.url)));
  return {
    async start(setting) {
      const opened = once(child, "message");
      child.send(setting);
      await opened;
    },
    async leave(givenUp = []) {
      const left = once(child, "message");
      child.send({ givenUp } satisfies SlowEnd);
      const [{ stats }] = (await left) as [{ stats: SlowStats }];
      return stats;
    },
    end: () => child.disconnect(),
  };
}
