import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** One request as it went from the edge to ingest. */
export interface TappedRequest {
  readonly requestLine: string;
  /** Names in lower case, values as they were. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

/** Stands between edge and ingest, passes every byte on, and keeps what the edge sent. */
export interface Wiretap {
  readonly url: string;
  /** Everything the edge wrote, read as whole requests whose end is their Content-Length. Throws for one without it. */
  requests(): TappedRequest[];
  forget(): void;
  close(): Promise<void>;
}

export async function startWiretap(ingestUrl: string): Promise<Wiretap> {
  const port = Number(new URL(ingestUrl).port);
  const sockets = new Set<Socket>();
  let connections: Buffer[][] = [];
  const server = createServer((near) => {
    let sent: Buffer[] = [];
    let generation = connections;
    generation.push(sent);
    const far = connect(port, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay();
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on("data", (chunk) => {
      if (generation !== connections) {
        generation = connections;
        sent = [];
        generation.push(sent);
      }
      sent.push(chunk);
      far.write(chunk);
    });
    far.on("data", (chunk) => near.write(chunk));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => connections.flatMap((sent) => readRequests(Buffer.concat(sent))),
    forget() {
      connections = [];
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}

/** By RFC 9112 section 6.3 as far as it goes without chunks: the edge knows every length. */
function readRequests(bytes: Buffer): TappedRequest[] {
  const requests: TappedRequest[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = bytes.indexOf("\r\n\r\n", at);
    if (end < 0) return requests;
    const [requestLine = "", ...lines] = bytes.toString("latin1", at, end).split("\r\n");
    const headers = lines.map((line): readonly [string, string] => {
      const colon = line.indexOf(": ");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
    });
    const lengths = headers.filter(([name]) => name === "content-length");
    const length = Number(lengths[0]?.[1]);
    if (lengths.length !== 1 || !Number.isInteger(length)) throw new Error("the edge sent no one length");
    const bodyStart = end + 4;
    if (bodyStart + length > bytes.length) return requests;
    requests.push({ requestLine, headers, body: bytes.subarray(bodyStart, bodyStart + length) });
    at = bodyStart + length;
  }
  return requests;
}
