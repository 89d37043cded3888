import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";

/** Every byte that this process's sockets receive and send, as it is on the wire. */
export interface SocketTap {
  /** Of its servers. By the port that was connected to: who connected, and what each connection brought and took. */
  connections(): readonly TappedConnection[];
  /** Of its clients. */
  dialled(): readonly DialledConnection[];
  close(): void;
}

interface Bytes {
  readonly received: Buffer;
  readonly sent: Buffer;
}

export interface TappedConnection extends Bytes {
  readonly localPort: number;
  readonly remoteAddress: string;
}

export interface DialledConnection extends Bytes {
  readonly localAddress: string;
  readonly remotePort: number;
}

const SERVERS = "net.server.socket";
const CLIENTS = "net.client.socket";

export function tapSockets(): SocketTap {
  const tapped: (() => TappedConnection)[] = [];
  const dialled: (() => DialledConnection)[] = [];

  function onServerSocket(message: unknown): void {
    const { socket } = message as { readonly socket: Socket };
    const { localPort = 0, remoteAddress = "" } = socket;
    const bytes = record(socket);
    tapped.push(() => ({ localPort, remoteAddress, ...bytes() }));
  }

  function onClientSocket(message: unknown): void {
    const { socket } = message as { readonly socket: Socket };
    const bytes = record(socket);
    let ends = { localAddress: "", remotePort: 0 };
    socket.once("connect", () => {
      const { localAddress = "", remotePort = 0 } = socket;
      ends = { localAddress, remotePort };
    });
    dialled.push(() => ({ ...ends, ...bytes() }));
  }

  subscribe(SERVERS, onServerSocket);
  subscribe(CLIENTS, onClientSocket);
  return {
    connections: () => tapped.map((connection) => connection()),
    dialled: () => dialled.map((connection) => connection()),
    close() {
      unsubscribe(SERVERS, onServerSocket);
      unsubscribe(CLIENTS, onClientSocket);
    },
  };
}

function record(socket: Socket): () => Bytes {
  const received: Buffer[] = [];
  const sent: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => received.push(Buffer.from(chunk)));
  // Beneath `write`, which HTTP's clients pass by.
  const { _write, _writev } = socket;
  socket._write = (chunk: Buffer | string, encoding, callback) => {
    sent.push(bytesOf(chunk, encoding));
    _write.call(socket, chunk, encoding, callback);
  };
  socket._writev = (chunks: { chunk: Buffer | string; encoding: BufferEncoding }[], callback) => {
    sent.push(...chunks.map(({ chunk, encoding }) => bytesOf(chunk, encoding)));
    _writev?.call(socket, chunks, callback);
  };
  return () => ({ received: Buffer.concat(received), sent: Buffer.concat(sent) });
}

function bytesOf(chunk: Buffer | string, encoding: BufferEncoding): Buffer {
  return typeof chunk === "string" ? Buffer.from(chunk, encoding) : Buffer.from(chunk);
}
