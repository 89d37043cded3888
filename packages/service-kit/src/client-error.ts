import type { Duplex } from "node:stream";
import { PROBLEM_CONTENT_TYPE, PROBLEMS, type ProblemCode, problemDocument } from "@dit/protocol";
import type { Exchange } from "./connections.ts";

/** Codes of Node's HTTP parser and timers, and the server's own; whatever is not here is malformed. */
const PROBLEM_BY_PARSER_CODE: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: "headers_too_large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "payload_too_large",
  EXCESSIVE_PIECES: "payload_too_large",
  ERR_HTTP_REQUEST_TIMEOUT: "request_timeout",
};

/** Answers what the parser refused, with a fixed text: nothing that was sent is quoted, and no handler ever sees it. */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  running: readonly Exchange[],
): void {
  if (error.code === "ECONNRESET" || !socket.writable || !answersRefused(running)) {
    socket.destroy();
    return;
  }
  const code = PROBLEM_BY_PARSER_CODE[error.code ?? ""] ?? "malformed_request";
  socket.end(rawProblem(code), () => socket.destroy());
}

/**
 * Whether the next bytes on the connection would be read as the answer to what was refused: not while an earlier request
 * waits for its own, or part of an answer is already out.
 */
function answersRefused(running: readonly Exchange[]): boolean {
  const [first] = running;
  if (first === undefined) return true;
  return running.length === 1 && !first.incoming.complete && !first.outgoing.headersSent;
}

function rawProblem(code: ProblemCode): string {
  const body = JSON.stringify(problemDocument(code));
  return [
    `HTTP/1.1 ${PROBLEMS[code].status} Refused`,
    "connection: close",
    "cache-control: no-store",
    `content-type: ${PROBLEM_CONTENT_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    "",
    body,
  ].join("\r\n");
}
