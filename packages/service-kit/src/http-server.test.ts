import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { Hono } from "hono";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type HttpServer, listen } from "./http-server.ts";
import { ListenError } from "./listen-error.ts";
import { readBody } from "./read-body.ts";

const host = "127.0.0.1";
const open: HttpServer[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(open.splice(0).map((server) => server.close(0)));
});

async function serve(
  fetch: (request: Request) => Response | Promise<Response>,
  limits: Parameters<typeof listen>[0]["limits"] = {},
  more: Partial<Parameters<typeof listen>[0]> = {},
): Promise<HttpServer> {
  const server = await listen({ fetch, host, port: 0, limits, ...more });
  open.push(server);
  return server;
}

/** A raw connection: what it has received so far, and a promise of its end. */
async function dial(server: HttpServer) {
  const socket = connect(server.port, host);
  sockets.push(socket);
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
  });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  const closed = new Promise<string>((resolve) => socket.once("close", () => resolve(text)));
  return { socket, closed, text: () => text };
}

async function rawAnswer(server: HttpServer, bytes: string): Promise<string> {
  const { socket, closed } = await dial(server);
  socket.write(bytes, "latin1");
  return await closed;
}

const hello = () => new Response("hello");
const GET = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

describe("listening", () => {
  it("serves, and says where", async () => {
    const server = await serve((request) => new Response(new URL(request.url).pathname));
    expect(server.url).toBe(`http://${host}:${server.port}`);
    expect(await (await fetch(`${server.url}/a/b`)).text()).toBe("/a/b");
  });

  it("says which address is taken", async () => {
    const { port } = await serve(hello);
    const failure = await listen({ fetch: hello, host, port }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ListenError);
    expect(failure).toMatchObject({
      code: "EADDRINUSE",
      message: `cannot listen on ${host}:${port}: the port is in use`,
    });
  });

  it("answers internal_error for a handler that throws past its app, without its text", async () => {
    const server = await serve(() => Promise.reject(new Error("alice")));
    const response = await fetch(server.url);
    expect(await response.json()).toMatchObject({ code: "internal_error" });
    expect(response.status).toBe(500);
  });

  it("bounds a body that is sent in chunks without an end", async () => {
    const app = new Hono();
    app.post("/", async (c) => c.text(String((await readBody(c.req.raw, 1000)).length)));
    app.onError((error, c) => c.text("code" in error ? String(error.code) : "?", 413));
    const server = await serve(app.fetch);
    const chunk = `64\r\n${"x".repeat(100)}\r\n`;
    const head =
      "POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    expect(await rawAnswer(server, `${head}${chunk.repeat(10)}0\r\n\r\n`)).toMatch(/^HTTP\/1.1 200.*1000$/s);
    expect(await rawAnswer(server, `${head}${chunk.repeat(11)}`)).toMatch(
      /^HTTP\/1.1 413.*payload_too_large$/s,
    );
  });
});

describe("a body in many pieces", () => {
  const head = `POST / HTTP/1.1\r\nhost: ${host}\r\ntransfer-encoding: chunked\r\n\r\n`;

  it("is taken up to a bound", async () => {
    const server = await serve(async (request) => new Response(await request.text()));
    const { socket, text } = await dial(server);
    socket.write(`${head}${"1\r\nx\r\n".repeat(1_024)}0\r\n\r\n`);
    await expect.poll(text).toMatch(/^HTTP\/1.1 200 .*x{1024}$/s);
  });

  it("beyond it is refused, and the connection ended, whatever the handler waits for", async () => {
    const server = await serve(async (request) => new Response(await request.text()));
    const answer = await rawAnswer(server, head + "1\r\nx\r\n".repeat(1_025));
    expect(answer).toMatch(/^HTTP\/1.1 413 .*"payload_too_large"/s);
  });
});

describe("what Node's parser refuses", () => {
  const CANARY = "canary-alice";
  it.each([
    ["no HTTP at all", `${CANARY}\r\n\r\n`, 400],
    ["TLS on a plain port", "\x16\x03\x01\x02\x00\x01\x00\x01", 400],
    ["an unknown method", `${CANARY.toUpperCase()} / HTTP/1.1\r\nhost: localhost\r\n\r\n`, 400],
    ["a header without a colon", `GET / HTTP/1.1\r\nhost: localhost\r\n${CANARY}\r\n\r\n`, 400],
    [
      "a header value with a control character",
      `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${CANARY}\x01\r\n\r\n`,
      400,
    ],
    [
      "two lengths (request smuggling)",
      `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\nx: ${CANARY}\r\n\r\n`,
      400,
    ],
    [
      "a chunk size that is no number",
      `POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n${CANARY}\r\n`,
      400,
    ],
    [
      "headers beyond the limit",
      `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${CANARY.repeat(400)}\r\n\r\n`,
      431,
    ],
  ])("%s is answered without quoting it", async (_, bytes, status) => {
    // A handler that waits for the body, as real ones do: the parser may fail in the middle of one.
    const server = await serve(async (request) => new Response(await request.text().catch(() => "aborted")), {
      maxHeaderBytes: 4096,
    });
    const answer = await rawAnswer(server, bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain("application/problem+json");
    expect(answer.toLowerCase()).not.toContain(CANARY);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it.each([
    ["no host", "GET / HTTP/1.0\r\n\r\n"],
    ["a host that is none", `GET / HTTP/1.1\r\nhost: ${CANARY}/x?@\r\nconnection: close\r\n\r\n`],
    ["a target that is none", `GET ${CANARY} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`],
  ])("%s is malformed_request too", async (_, bytes) => {
    const printed = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const answer = await rawAnswer(await serve(hello), bytes);
    expect(answer).toMatch(/^HTTP\/1.1 400 .*"malformed_request"/s);
    expect(answer).not.toContain(CANARY);
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
  });

  it.each([
    ["another version", "GET / HTTP/0.9\r\nhost: localhost\r\n\r\n"],
    ["no host", "GET / HTTP/1.1\r\n\r\n"],
    ["two hosts", "GET / HTTP/1.1\r\nhost: localhost\r\nhost: b\r\n\r\n"],
    [
      "a coding before chunked",
      "POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: identity, chunked\r\n\r\n0\r\n\r\n",
    ],
    [
      "codings in two lines",
      "POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: identity\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    [
      "a coding in HTTP/1.0",
      "POST / HTTP/1.0\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
  ])("and what it lets pass but others may read differently ends the connection: %s", async (_, bytes) => {
    const handled: string[] = [];
    const server = await serve((request) => {
      handled.push(request.url);
      return new Response("hello");
    });
    expect(await rawAnswer(server, bytes + GET)).toMatch(/^HTTP\/1.1 400 .*"malformed_request"/s);
    expect(handled).toEqual([]);
  });

  it("is never taken for the answer to an earlier request that still runs", async () => {
    const gate = Promise.withResolvers<void>();
    const server = await serve(async () => {
      await gate.promise;
      return new Response("late");
    });
    const answer = await rawAnswer(server, `${GET}rubbish\r\n\r\n`);
    gate.resolve();
    expect(answer).toBe("");
  });

  it("ends a client that drips its headers", async () => {
    const server = await serve(hello, { headersTimeoutMs: 150 });
    const { socket, closed } = await dial(server);
    socket.write("GET / HTTP/1.1\r\nhost: localhost\r\nx: ");
    const drip = setInterval(() => socket.write("x"), 20);
    const answer = await closed;
    clearInterval(drip);
    expect(answer).toMatch(/^HTTP\/1.1 408 .*request_timeout/s);
  });

  it("ends a client that drips its body", async () => {
    const server = await serve(async (request) => new Response(await request.text()), {
      headersTimeoutMs: 100,
      requestTimeoutMs: 150,
    });
    const { socket, closed } = await dial(server);
    socket.write("POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n");
    const drip = setInterval(() => socket.write("x"), 20);
    const answer = await closed;
    clearInterval(drip);
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
  });
});

describe("closing", () => {
  it("lets what runs finish, ends its keep-alive connection and takes nothing new", async () => {
    const gate = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const server = await serve(async () => {
      started.resolve();
      await gate.promise;
      return new Response("finished");
    });
    const client = await dial(server);
    client.socket.write(GET);
    await started.promise;

    let isClosed = false;
    const closing = server.close().then(() => {
      isClosed = true;
    });
    await expect(fetch(server.url)).rejects.toThrow("fetch failed");
    expect(isClosed).toBe(false);
    gate.resolve();
    const answer = await client.closed;
    expect(answer).toContain("finished");
    expect(answer.toLowerCase()).toContain("connection: close");
    await closing;
  });

  it("ends idle connections at once, also those that never sent a byte or half a request", async () => {
    const server = await serve(hello);
    const clients = [await dial(server), await dial(server), await dial(server)];
    clients[1]?.socket.write(GET);
    clients[2]?.socket.write("GET / HTTP/1.1\r\nho");
    await expect.poll(() => clients[1]?.text()).toContain("hello");
    const startedMs = performance.now();
    await server.close();
    await Promise.all(clients.map(({ closed }) => closed));
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  it("ends what does not finish in time", async () => {
    const started = Promise.withResolvers<void>();
    const server = await serve(() => {
      started.resolve();
      return new Promise<Response>(() => undefined);
    });
    const client = await dial(server);
    client.socket.write(GET);
    await started.promise;
    await server.close(30);
    expect(await client.closed).toBe("");
  });

  it("ends a connection whose streamed answer was under way", async () => {
    const gate = Promise.withResolvers<void>();
    const server = await serve(() => {
      const body = new ReadableStream({
        async start(controller) {
          controller.enqueue(new TextEncoder().encode("first,"));
          await gate.promise;
          controller.enqueue(new TextEncoder().encode("last"));
          controller.close();
        },
      });
      return new Response(body);
    });
    const client = await dial(server);
    client.socket.write(GET);
    await expect.poll(client.text).toContain("first,");
    const closing = server.close();
    gate.resolve();
    expect(await client.closed).toContain("last");
    await closing;
  });

  it("may be asked for twice", async () => {
    const server = await serve(hello);
    await Promise.all([server.close(), server.close()]);
  });

  it("loses no answer while clients keep sending on keep-alive connections", async () => {
    const server = await serve(async () => {
      await delay(1);
      return new Response("ok");
    });
    const outcomes = { answered: 0, cut: 0, refused: 0 };
    const send = async () => {
      for (;;) {
        const response = await fetch(server.url).catch(() => undefined);
        if (response === undefined) return;
        const text = await response.text().catch(() => "");
        if (text === "ok") outcomes.answered += 1;
        else outcomes.cut += 1;
      }
    };
    const senders = Array.from({ length: 8 }, send);
    await expect.poll(() => outcomes.answered).toBeGreaterThan(20);
    await server.close();
    await Promise.all(senders);
    expect(outcomes.cut).toBe(0);
  });
});

describe("the host that a request is for", () => {
  async function statusFor(server: HttpServer, name: string): Promise<string | undefined> {
    const answer = await rawAnswer(server, `GET / HTTP/1.1\r\nhost: ${name}\r\nconnection: close\r\n\r\n`);
    return /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1];
  }

  it.each(["localhost", "LocalHost:8080", "127.0.0.1:1", "[::1]", "[::1]:8080"])(
    "is one of loopback's own on a loopback address: %s",
    async (name) => {
      expect(await statusFor(await serve(hello), name)).toBe("200");
    },
  );

  it.each([
    "evil.example",
    "evil.example:80",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "10.0.0.1",
  ])("is misdirected there with any other name, and no handler sees it: %s", async (name) => {
    let handled = 0;
    const server = await serve(() => {
      handled += 1;
      return hello();
    });
    const answer = await rawAnswer(server, `GET / HTTP/1.1\r\nhost: ${name}\r\nconnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 421 [\s\S]*"code":"misdirected_request"/);
    expect(answer).not.toContain(name);
    expect(handled).toBe(0);
  });

  it("may be any that is allowed besides", async () => {
    const server = await serve(hello, {}, { allowedHosts: ["Telemetry.example"] });
    expect(await statusFor(server, "telemetry.example:443")).toBe("200");
    expect(await statusFor(server, "localhost")).toBe("200");
    expect(await statusFor(server, "evil.example")).toBe("421");
    expect(await statusFor(await serve(hello, {}, { allowedHosts: "any" }), "evil.example")).toBe("200");
  });

  it("is not asked about beyond loopback, unless hosts are named", async () => {
    const open = await serve(hello, {}, { host: "0.0.0.0" });
    expect(await statusFor(open, "telemetry.example")).toBe("200");
    const named = await serve(hello, {}, { host: "0.0.0.0", allowedHosts: ["telemetry.example"] });
    expect(await statusFor(named, "telemetry.example")).toBe("200");
    expect(await statusFor(named, "evil.example")).toBe("421");
  });
});
