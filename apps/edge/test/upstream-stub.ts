import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A request exactly as it came over the wire. */
export interface Received {
  readonly method: string;
  readonly target: string;
  /** Names and values in turn, in their own case. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface UpstreamStub {
  readonly url: string;
  readonly received: Received[];
  answer: (request: Received, response: ServerResponse) => void;
  close(): Promise<void>;
}

/** Stands where ingest stands, and remembers what reached it. */
export async function startUpstream(port = 0): Promise<UpstreamStub> {
  const stub: { received: Received[]; answer: UpstreamStub["answer"] } = {
    received: [],
    answer: (_, response) => response.writeHead(202).end(),
  };
  const server = createServer((incoming, response) => {
    void receive(incoming).then((request) => {
      stub.received.push(request);
      stub.answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  onTestFinished(close);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(stub, { url, close });
}

async function receive(incoming: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const { method = "", url: target = "", rawHeaders } = incoming;
  return { method, target, rawHeaders, body: Buffer.concat(chunks) };
}

/** Answers with a problem document, as ingest does. */
export function problem(
  code: string,
  status: number,
  more: { headers?: Record<string, string>; body?: object } = {},
) {
  return (_: Received, response: ServerResponse) => {
    response.writeHead(status, { "content-type": "application/problem+json", ...more.headers });
    response.end(JSON.stringify({ type: `urn:dit:problem:${code}`, title: "t", status, code, ...more.body }));
  };
}
