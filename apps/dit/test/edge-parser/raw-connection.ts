import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A connection on which any bytes can be sent. */
export interface RawConnection {
  readonly socket: Socket;
  /** All that has come back so far. */
  text(): string;
  /** Resolves when the other side has closed it, with how long that took from connecting. */
  readonly closed: Promise<{ readonly text: string; readonly afterMs: number }>;
  isClosed(): boolean;
}

export async function dial(port: number): Promise<RawConnection> {
  const socket = connect({ port, host: "127.0.0.1" });
  let text = "";
  let isClosed = false;
  socket.setNoDelay();
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  // A peer that refuses may reset what is still being written.
  socket.on("error", () => undefined);
  await once(socket, "connect");
  const startMs = performance.now();
  const closed = new Promise<{ text: string; afterMs: number }>((resolve) =>
    socket.once("close", () => {
      isClosed = true;
      resolve({ text, afterMs: performance.now() - startMs });
    }),
  );
  return { socket, text: () => text, closed, isClosed: () => isClosed };
}

/** Whether the other side closes it within `withinMs`; if not, it is closed here. */
export async function closesWithin(connection: RawConnection, withinMs: number): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const timer = setTimeout(() => late.resolve(false), withinMs);
  const closes = await Promise.race([connection.closed.then(() => true), late.promise]);
  clearTimeout(timer);
  connection.socket.destroy();
  return closes;
}

/** The statuses of all answers in what came back. */
export function statusesOf(text: string): number[] {
  return [...text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
}
