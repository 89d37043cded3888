import type { z } from "zod";
import { describeIssuesWithoutInput } from "./describe-issues.ts";
import { ProblemError } from "./problem-error.ts";

/**
 * The body, at most `maxBytes` long, or ProblemError payload_too_large / malformed_request. A declared length is trusted for
 * the fast path because Node's parser holds the sender to it; every other body is counted while it is read.
 */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const declared = declaredLength(request.headers);
  if (declared === undefined) return await readCounted(request.body, maxBytes);
  if (declared > maxBytes) throw new ProblemError("payload_too_large");
  const body = await wholeBody(request);
  if (body.length > maxBytes) throw new ProblemError("payload_too_large");
  return body;
}

/**
 * The body as JSON, parsed with `schema`, or ProblemError unsupported_media_type / malformed_request / payload_too_large.
 * What is wrong is named by declared keys alone: nothing that was sent is quoted.
 */
export async function readJson<S extends z.ZodType>(
  request: Request,
  schema: S,
  maxBytes: number,
): Promise<z.output<S>> {
  if (!isJson(request.headers.get("content-type"))) throw new ProblemError("unsupported_media_type");
  const parsed = schema.safeParse(parseJson(await readBody(request, maxBytes)));
  if (parsed.success) return parsed.data;
  throw new ProblemError("malformed_request", {
    problems: describeIssuesWithoutInput(parsed.error.issues, schema),
  });
}

/** Undefined where the body has no declared length (chunked, or built in this process). */
function declaredLength(headers: Headers): number | undefined {
  const text = headers.get("content-length");
  if (text === null || headers.has("transfer-encoding")) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new ProblemError("malformed_request");
  return Number(text);
}

async function wholeBody(request: Request): Promise<Uint8Array> {
  try {
    return new Uint8Array(await request.arrayBuffer());
  } catch (cause) {
    throw new ProblemError("malformed_request", { detail: "the body ended early", cause });
  }
}

async function readCounted(body: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of body) {
      length += chunk.length;
      // Leaving the loop cancels the stream: the rest is never held in memory.
      if (length > maxBytes) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new ProblemError("malformed_request", { detail: "the body ended early", cause });
  }
  if (length > maxBytes) throw new ProblemError("payload_too_large");
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, length);
}

function isJson(contentType: string | null): boolean {
  return contentType !== null && /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(contentType);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch {
    // No cause: the parser's message quotes the text.
    throw new ProblemError("malformed_request", { detail: "the body is not JSON in UTF-8" });
  }
}
