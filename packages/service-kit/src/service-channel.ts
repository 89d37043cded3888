import { isProblemCode } from "@dit/protocol";
import { z } from "zod";
import { withDeadline } from "./deadline.ts";
import { ProblemError } from "./problem-error.ts";
import type { Secret } from "./secret.ts";

export interface ServiceChannelOptions {
  readonly baseUrl: string;
  readonly secret: Secret;
  readonly fetch?: typeof fetch;
  readonly timeoutMs?: number;
}

export interface ServiceCall {
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer below 400, its body read in full. */
export interface ServiceAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const DEFAULT_TIMEOUT_MS = 10_000;
/** Use-case lists are the longest answers: 64 documents of 256 KiB. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * One authenticated call of a service by another. A refusal becomes ProblemError with its code; no answer, a late one, a
 * 5xx or an unreadable one becomes dependency_unavailable.
 */
export function createServiceChannel(
  options: ServiceChannelOptions,
): (call: ServiceCall) => Promise<ServiceAnswer> {
  const { fetch: send = fetch, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const authorization = `Bearer ${options.secret.reveal()}`;
  const exchange = async (call: ServiceCall, signal: AbortSignal): Promise<ServiceAnswer> => {
    const response = await send(`${options.baseUrl}${call.path}`, {
      ...requestInit(call, authorization),
      signal,
      redirect: "error",
    });
    const text = await readText(response);
    return { status: response.status, headers: response.headers, text };
  };
  return async (call) => {
    // Bounded twice: a handler in this process does not watch the signal.
    const controller = new AbortController();
    const late = () => new DOMException("no answer in time", "TimeoutError");
    const answer = await withDeadline(exchange(call, controller.signal), timeoutMs, late).catch(
      (cause: unknown) => {
        controller.abort(cause);
        throw new ProblemError("dependency_unavailable", { cause });
      },
    );
    if (answer.status >= 400) throw refusal(answer);
    return answer;
  };
}

/** Parses an answer, or throws dependency_unavailable: a service that answers in another shape is not available. */
export function parseAnswer<S extends z.ZodType>(answer: ServiceAnswer, schema: S): z.output<S> {
  try {
    return schema.parse(JSON.parse(answer.text));
  } catch {
    throw new ProblemError("dependency_unavailable", { detail: "the answer does not have its shape" });
  }
}

function requestInit(call: ServiceCall, authorization: string): RequestInit {
  const headers: Record<string, string> = { authorization, ...call.headers };
  if (call.body === undefined) return { method: call.method, headers };
  const body = JSON.stringify(call.body);
  headers["content-type"] = "application/json";
  // Within one process nobody else would say it, and the receiver would have to count a stream.
  headers["content-length"] = String(Buffer.byteLength(body));
  return { method: call.method, headers, body };
}

async function readText(response: Response): Promise<string> {
  if (response.body === null) return "";
  const declared = Number(response.headers.get("content-length") ?? Number.NaN);
  if (declared > MAX_ANSWER_BYTES) throw new Error("answer too long");
  if (declared <= MAX_ANSWER_BYTES) return await response.text();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new Error("answer too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length).toString("utf8");
}

const problemSchema = z.object({
  code: z.string(),
  detail: z.string().max(500).optional(),
  problems: z.array(z.string().max(500)).max(200).optional(),
});

function refusal(answer: ServiceAnswer): ProblemError {
  if (answer.status >= 500) return new ProblemError("dependency_unavailable");
  const { code, detail, problems } = readProblem(answer.text);
  if (!isProblemCode(code)) return new ProblemError("dependency_unavailable");
  const retryAfterSeconds = Number.parseInt(answer.headers.get("retry-after") ?? "", 10);
  return new ProblemError(code, {
    detail,
    problems,
    retryAfterSeconds: Number.isNaN(retryAfterSeconds) ? undefined : retryAfterSeconds,
  });
}

function readProblem(text: string): Partial<z.output<typeof problemSchema>> {
  try {
    return problemSchema.parse(JSON.parse(text));
  } catch {
    return {};
  }
}
