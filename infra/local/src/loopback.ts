import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

export const LOOPBACK = "127.0.0.1";

/** A port that nothing listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Rejects unless something accepts a connection there. */
export async function probePort(port: number): Promise<void> {
  const socket = connect(port, LOOPBACK);
  try {
    await once(socket, "connect");
  } finally {
    socket.destroy();
  }
}
