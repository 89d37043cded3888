import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { EDGE_SECRET } from "../support/composed-services.ts";

const ALLOWED = ["content-type", "content-encoding", "dit-credential"];

/** An edge that forwards one header more than it may. */
export async function startLeakyEdge(
  ingestUrl: string,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const allowed = ALLOWED.flatMap((name) => {
        const value = incoming.headers[name];
        return typeof value === "string" ? [[name, value] as [string, string]] : [];
      });
      const headers = [
        ...allowed,
        ["dit-edge", EDGE_SECRET] as [string, string],
        ["x-forwarded-for", incoming.socket.remoteAddress ?? ""] as [string, string],
      ];
      fetch(ingestUrl + (incoming.url ?? ""), { method: "POST", headers, body: Buffer.concat(chunks) }).then(
        (answer) => outgoing.writeHead(answer.status).end(),
        () => outgoing.writeHead(502).end(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
