import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";

/** One request, as it came over the wire. */
export interface RecordedRequest {
  readonly method: string;
  readonly target: string;
  /** Names and values in turn, in their order and spelling. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface Recorder {
  readonly url: string;
  readonly requests: RecordedRequest[];
  close(): Promise<void>;
}

/** Stands before a service, writes down each request and passes it on as it is. */
export async function startRecorder(upstreamUrl: string): Promise<Recorder> {
  const requests: RecordedRequest[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const { method = "", url: target = "", rawHeaders, headers } = incoming;
    requests.push({ method, target, rawHeaders: [...rawHeaders], body });
    const onward = httpRequest(upstreamUrl + target, { method, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    onward.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
