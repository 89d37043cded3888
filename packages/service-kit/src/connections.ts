import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

export interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

interface Connections {
  /** Notes that a request runs, until its answer is out or its connection is gone. */
  begin(incoming: IncomingMessage, outgoing: ServerResponse): void;
  /** What runs on a connection, oldest first. */
  current(socket: Duplex): readonly Exchange[];
  drain(drainMs: number): Promise<void>;
}

/**
 * Knows which connections have a request running, so that closing can end the others at once: Node's own
 * `closeIdleConnections` leaves a connection alone that has never sent a byte, and one such would hold a deploy up.
 */
export function trackConnections(server: Server): Connections {
  const running = new Map<Duplex, Exchange[]>();
  let draining = false;
  server.on("connection", (socket) => {
    running.set(socket, []);
    socket.once("close", () => running.delete(socket));
  });

  const end = (exchange: Exchange): void => {
    const { socket } = exchange.incoming;
    const exchanges = running.get(socket);
    exchanges?.splice(exchanges.indexOf(exchange), 1);
    if (draining && exchanges?.length === 0) socket.destroySoon();
  };
  return {
    begin(incoming, outgoing) {
      const exchange = { incoming, outgoing };
      running.get(incoming.socket)?.push(exchange);
      if (draining) outgoing.shouldKeepAlive = false;
      outgoing.once("close", () => end(exchange));
    },
    current: (socket) => running.get(socket) ?? [],
    async drain(drainMs) {
      draining = true;
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const [socket, exchanges] of running) {
        if (exchanges.length === 0) socket.destroy();
        // Tells the client not to send another request here.
        for (const { outgoing } of exchanges) if (!outgoing.headersSent) outgoing.shouldKeepAlive = false;
      }
      const timer = setTimeout(() => server.closeAllConnections(), drainMs);
      await closed;
      clearTimeout(timer);
    },
  };
}
