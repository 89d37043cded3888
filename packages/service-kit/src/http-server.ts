import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener, type HttpBindings, RequestError } from "@hono/node-server";
import { type AllowedHosts, createMisdirectionCheck } from "./allowed-hosts.ts";
import { AmbiguousRequestError, isAmbiguous } from "./ambiguous-request.ts";
import { boundPieces, ExcessivePiecesError } from "./bound-pieces.ts";
import { answerClientError } from "./client-error.ts";
import { trackConnections } from "./connections.ts";
import { ListenError } from "./listen-error.ts";
import { problemResponse } from "./problem-response.ts";

export interface HttpServer {
  /** `http://host:port`, without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Stops accepting, lets running requests finish, and after `drainMs` (default 10 s) ends what is left. Idempotent. */
  close(drainMs?: number): Promise<void>;
}

export interface HttpLimits {
  /** From the first byte of a request to the last of its headers: what a slowloris has. */
  readonly headersTimeoutMs: number;
  /** From the first byte of a request to the last of its body. */
  readonly requestTimeoutMs: number;
  /** How long a connection may idle; longer than its clients keep theirs, or they meet a closed one. */
  readonly keepAliveTimeoutMs: number;
  readonly maxHeaderBytes: number;
  /** Connections beyond this are dropped as they come. */
  readonly maxConnections: number;
}

const DEFAULT_LIMITS: HttpLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 30_000,
  maxHeaderBytes: 16 * 1024,
  maxConnections: 10_000,
};
const DEFAULT_DRAIN_MS = 10_000;
const MAX_CHECKING_INTERVAL_MS = 1000;

/** Serves `fetch` over HTTP/1.1. What Node's parser refuses is answered with a problem document too. Throws ListenError. */
export async function listen(options: {
  readonly fetch: (request: Request, env: HttpBindings) => Response | Promise<Response>;
  readonly host: string;
  readonly port: number;
  readonly limits?: Partial<HttpLimits>;
  /** Default: on a loopback address loopback's own names, elsewhere any. Others are answered `misdirected_request`. */
  readonly allowedHosts?: AllowedHosts;
}): Promise<HttpServer> {
  const { host } = options;
  const server = createLimitedServer({ ...DEFAULT_LIMITS, ...options.limits });
  const connections = trackConnections(server);
  const { address, port } = await bind(server, host, options.port);
  const isMisdirected = createMisdirectionCheck({
    ...{ listenHost: host, address },
    allowed: options.allowedHosts,
  });
  const handle = getRequestListener(
    (request, env) => {
      const bindings = env as HttpBindings;
      if (isMisdirected(bindings.incoming)) return problemResponse("misdirected_request");
      return options.fetch(request, bindings);
    },
    { errorHandler: answerOutsideApp },
  );
  // What follows an ambiguous request on its connection may be a part of it, and is parsed before the connection is closed.
  const refused = new WeakSet<Duplex>();
  server.on("request", (incoming, outgoing) => {
    const { socket } = incoming;
    if (refused.has(socket)) return;
    if (isAmbiguous(incoming)) {
      refused.add(socket);
      answerClientError(new AmbiguousRequestError(), socket, connections.current(socket));
      return;
    }
    connections.begin(incoming, outgoing);
    boundPieces(incoming, () => {
      refused.add(socket);
      answerClientError(new ExcessivePiecesError(), socket, connections.current(socket));
    });
    void handle(incoming, outgoing);
  });
  server.on("clientError", (error, socket) => answerClientError(error, socket, connections.current(socket)));
  let closing: Promise<void> | undefined;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    port,
    close(drainMs = DEFAULT_DRAIN_MS) {
      closing ??= connections.drain(drainMs);
      return closing;
    },
  };
}

function createLimitedServer(limits: HttpLimits): Server {
  const server = createServer({
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    maxHeaderSize: limits.maxHeaderBytes,
    // Node would answer and still hand over the request behind it: `isAmbiguous` looks for the host instead.
    requireHostHeader: false,
    connectionsCheckingInterval: Math.min(MAX_CHECKING_INTERVAL_MS, Math.ceil(limits.headersTimeoutMs / 4)),
  });
  server.maxConnections = limits.maxConnections;
  return server;
}

/** What fails before a Hono app has the request (no usable host or target) or escapes it. */
function answerOutsideApp(error: unknown): Response {
  return problemResponse(error instanceof RequestError ? "malformed_request" : "internal_error");
}

async function bind(server: Server, host: string, port: number): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(new ListenError(host, port, error.code ?? "unknown reason")),
    );
    server.listen(port, host, resolve);
  });
  return server.address() as AddressInfo;
}
