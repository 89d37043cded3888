import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

/** Every byte that servers of this process receive and send, as it is on the wire. */
export interface SocketTap {
  /** By the port that was connected to: who connected, and what each connection brought and took. */
  connections(): readonly TappedConnection[];
  close(): void;
}

export interface TappedConnection {
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly received: Buffer;
  readonly sent: Buffer;
}

const CHANNEL = "net.server.socket";

export function tapSockets(): SocketTap {
  const tapped: (() => TappedConnection)[] = [];

  function onSocket(message: unknown): void {
    const { socket } = message as { readonly socket: Socket };
    const { localPort = 0, remoteAddress = "" } = socket;
    const received: Buffer[] = [];
    const sent: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => received.push(Buffer.from(chunk)));
    const write = socket.write.bind(socket) as (chunk: string | Uint8Array, ...rest: unknown[]) => boolean;
    socket.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
      sent.push(typeof chunk === "string" ? Buffer.from(chunk, "latin1") : Buffer.from(chunk));
      return write(chunk, ...rest);
    };
    tapped.push(() => {
      return { localPort, remoteAddress, received: Buffer.concat(received), sent: Buffer.concat(sent) };
    });
  }

  subscribe(CHANNEL, onSocket);
  return {
    connections: () => tapped.map((connection) => connection()),
    close: () => void unsubscribe(CHANNEL, onSocket),
  };
}
