import { connect, type Socket } from "node:net";
import { SLOW_KINDS, type SlowEnd, type SlowKind, type SlowSetting, type SlowStats } from "./slow-clients.ts";

/** Slow clients in a process of their own, so that what they cost is not taken for what they do to the edge. */
const DRIP_EVERY_MS = 200;

interface Slow {
  readonly kind: SlowKind;
  readonly socket: Socket;
}

const alive = new Set<Slow>();
const stats: SlowStats = { closed: {}, longestMs: {} };
let setting: SlowSetting | undefined;

function open(kind: SlowKind, { port, heads }: SlowSetting, onOpen: () => void): void {
  const socket = connect({ port, host: "127.0.0.1" });
  const slow = { kind, socket };
  let openedMs = 0;
  socket.on("error", () => undefined);
  socket.resume();
  socket.once("connect", () => {
    openedMs = performance.now();
    alive.add(slow);
    socket.write(heads[kind]);
    onOpen();
  });
  socket.once("close", () => {
    alive.delete(slow);
    stats.closed[kind] = (stats.closed[kind] ?? 0) + 1;
    stats.longestMs[kind] = Math.max(stats.longestMs[kind] ?? 0, performance.now() - openedMs);
    if (setting !== undefined) open(kind, setting, () => undefined);
    else if (alive.size === 0) process.send?.({ stats });
  });
}

process.on("message", (message: SlowSetting | SlowEnd) => {
  if ("givenUp" in message) {
    setting = undefined;
    for (const { kind, socket } of alive) if (message.givenUp.includes(kind)) socket.destroy();
    return;
  }
  setting = message;
  let missing = message.count;
  const onOpen = (): void => {
    missing -= 1;
    if (missing === 0) process.send?.("open");
  };
  for (let i = 0; i < message.count; i++)
    open(SLOW_KINDS[i % SLOW_KINDS.length] ?? "silent", message, onOpen);
});

setInterval(() => {
  for (const { kind, socket } of alive) if (kind === "headers" || kind === "body") socket.write("x");
}, DRIP_EVERY_MS);
process.on("disconnect", () => process.exit(0));
