import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ProblemError } from "./problem-error.ts";
import { readBody, readJson } from "./read-body.ts";

const url = "http://ingest.test/";
const MAX_BYTES = 100;

function chunked(chunks: readonly string[], seen: string[] = []): Request {
  const remaining = [...chunks];
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = remaining.shift();
        if (chunk === undefined) return controller.close();
        seen.push(chunk);
        controller.enqueue(new TextEncoder().encode(chunk));
      },
    },
    { highWaterMark: 0 },
  );
  return new Request(url, { method: "POST", body, duplex: "half" });
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof ProblemError ? error.code : String(error);
}

const declared = (body: string, length: string) =>
  new Request(url, { method: "POST", body, headers: { "content-length": length } });

describe("a body", () => {
  it("is read whole, declared or chunked, up to the limit", async () => {
    const text = "x".repeat(MAX_BYTES);
    for (const request of [
      declared(text, "100"),
      chunked([text]),
      chunked(["x".repeat(60), "x".repeat(40)]),
    ]) {
      expect(Buffer.from(await readBody(request, MAX_BYTES)).toString()).toBe(text);
    }
  });

  it("may be absent", async () => {
    expect(await readBody(new Request(url), MAX_BYTES)).toHaveLength(0);
    expect(await readBody(chunked([]), MAX_BYTES)).toHaveLength(0);
  });

  it("is refused by its declared length before a byte is read", async () => {
    const request = declared("x".repeat(101), "101");
    expect(await codeOf(readBody(request, MAX_BYTES))).toBe("payload_too_large");
    expect(request.bodyUsed).toBe(false);
  });

  it("is not believed: a longer one than declared is refused all the same", async () => {
    expect(await codeOf(readBody(declared("x".repeat(101), "5"), MAX_BYTES))).toBe("payload_too_large");
  });

  it("is refused as soon as what came is too long, and no more is taken", async () => {
    const seen: string[] = [];
    const request = chunked(Array(50).fill("x".repeat(30)), seen);
    expect(await codeOf(readBody(request, MAX_BYTES))).toBe("payload_too_large");
    expect(seen).toHaveLength(4);
  });

  it("is malformed if it ends early or its length is no number", async () => {
    const broken = new ReadableStream({ start: (controller) => controller.error(new Error("reset")) });
    const request = new Request(url, { method: "POST", body: broken, duplex: "half" });
    expect(await codeOf(readBody(request, MAX_BYTES))).toBe("malformed_request");
    for (const length of ["-1", "1e2", "0x5", "5, 5", "99999999999999999999"]) {
      expect(await codeOf(readBody(declared("x", length), MAX_BYTES))).toBe("malformed_request");
    }
  });
});

const schema = z.strictObject({
  name: z.string().max(5),
  items: z.array(z.strictObject({ count: z.int().min(0) })).optional(),
  fields: z.record(z.string().max(30), z.int()).optional(),
  kind: z.discriminatedUnion("type", [z.strictObject({ type: z.literal("a"), size: z.int() })]).optional(),
});

const json = (body: string | Uint8Array<ArrayBuffer>, contentType = "application/json") =>
  new Request(url, { method: "POST", body, headers: { "content-type": contentType } });

describe("a JSON body", () => {
  it.each([
    "application/json",
    "Application/JSON",
    "application/json; charset=utf-8",
    'application/json;charset="UTF-8"',
  ])("is parsed when it is sent as %s", async (contentType) => {
    expect(await readJson(json('{"name":"a"}', contentType), schema, MAX_BYTES)).toEqual({ name: "a" });
  });

  it.each([
    "text/plain",
    "application/json; charset=latin1",
    "application/jsonp",
    "application/problem+json",
    "text/html, application/json",
  ])("is refused when it is sent as %s", async (contentType) => {
    expect(await codeOf(readJson(json("{}", contentType), schema, MAX_BYTES))).toBe("unsupported_media_type");
  });

  it.each(["", "{", "alice", "undefined", '{"name":"a"} x'])(
    "is malformed as %j, and not quoted",
    async (text) => {
      const error = await readJson(json(text), schema, MAX_BYTES).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "malformed_request", detail: "the body is not JSON in UTF-8" });
      expect(error).not.toHaveProperty("cause");
    },
  );

  it("is malformed if it is not UTF-8", async () => {
    const bytes = Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d);
    expect(await codeOf(readJson(json(bytes), schema, MAX_BYTES))).toBe("malformed_request");
  });

  it("names what is wrong by declared keys alone, and quotes nothing", async () => {
    const secret = "alice@example.com";
    const body = {
      name: `${secret}`,
      items: [{ count: 1 }, { count: secret, [secret]: 1 }],
      fields: { [secret]: secret, [secret.repeat(3)]: 1 },
      kind: { type: secret },
      [secret]: secret,
    };
    const error = await readJson(json(JSON.stringify(body)), schema, 1000).catch((reason: unknown) => reason);
    if (!(error instanceof ProblemError)) throw error;
    const problems = error.problems ?? [];
    expect(problems.map((problem) => problem.split(":")[0])).toEqual(
      expect.arrayContaining(["name", "items[1].count", "items[1]", "fields.*", "kind.type", "(document)"]),
    );
    expect(JSON.stringify(problems)).not.toContain("alice");
  });

  it("lists no more than twenty problems", async () => {
    const items = Array.from({ length: 50 }, () => ({ count: -1 }));
    const error = await readJson(json(JSON.stringify({ name: "a", items })), schema, 10_000).catch(
      (reason: unknown) => reason,
    );
    expect(error instanceof ProblemError && error.problems).toHaveLength(20);
  });
});
