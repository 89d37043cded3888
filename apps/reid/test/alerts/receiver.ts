import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Receiver {
  readonly url: string;
  /** All of it, in the order in which it came. */
  readonly received: readonly Received[];
  close(): Promise<void>;
}

/** A server on loopback that keeps what it is sent. What `answer` gives is the status; a string is a place to redirect to. */
export async function startReceiver(answer: (request: Received) => number | string): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const each = { headers: request.headers, body: await buffer(request) };
    received.push(each);
    const answered = answer(each);
    if (typeof answered === "string") response.writeHead(307, { location: answered }).end();
    else response.writeHead(answered).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
