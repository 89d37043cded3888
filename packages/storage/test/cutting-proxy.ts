import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface CuttingProxy {
  readonly port: number;
  /** How many answers got lost so far. */
  readonly cuts: number;
  /** Lets the next answer of the server's, on whichever connection, get lost: the connection ends in its place. */
  cutNextAnswer(): void;
  close(): Promise<void>;
}

/** Between clients and a server on loopback. */
export async function startCuttingProxy(serverPort: () => number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let wanted = 0;
  let cuts = 0;
  const proxy = createServer((client) => {
    const server = connect(serverPort(), "127.0.0.1");
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket
        .on("error", () => undefined)
        .on("close", () => {
          sockets.delete(socket);
          client.destroy();
          server.destroy();
        });
    }
    client.pipe(server);
    server.on("data", (answer) => {
      if (wanted === 0) return void client.write(answer);
      wanted -= 1;
      cuts += 1;
      client.destroy();
    });
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return {
    port: (proxy.address() as AddressInfo).port,
    get cuts() {
      return cuts;
    },
    cutNextAnswer() {
      wanted += 1;
    },
    async close() {
      proxy.close();
      for (const socket of sockets) socket.destroy();
      await once(proxy, "close");
    },
  };
}
