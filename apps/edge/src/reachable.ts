import { once } from "node:events";
import { connect } from "node:net";

/** Resolves if something accepts connections at a URL's host and port. Rejects with the socket's error, or a timeout's. */
export async function checkReachable(url: string, timeoutMs: number): Promise<void> {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const socket = connect({ host, port: Number(port) || (protocol === "https:" ? 443 : 80) });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(timeoutMs) });
  } finally {
    socket.destroy();
  }
}
