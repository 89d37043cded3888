import { promisify } from "node:util";
import { gunzip, gunzipSync } from "node:zlib";
import { LIMITS } from "@dit/protocol";
import { type ContentEncoding, ProblemError } from "@dit/service-kit";

/**
 * The JSON value of a report's body. Throws ProblemError `payload_too_large` if it unpacks to more than
 * `LIMITS.maxReportDecompressedBytes` (unpacking stops there), `malformed_request` if it is not gzip, UTF-8 or JSON.
 */
export async function decodeReportBody(body: Uint8Array, encoding: ContentEncoding): Promise<unknown> {
  const plain = encoding === "gzip" ? await unpacked(body) : body;
  try {
    return JSON.parse(strictUtf8.decode(plain));
  } catch {
    // The parser's message quotes the body.
    throw new ProblemError("malformed_request");
  }
}

/** `ignoreBOM` keeps a byte order mark, which JSON then refuses; the other setting would swallow it in silence. */
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Below this a trip to the thread pool takes longer than unpacking on the spot. */
const INLINE_BYTES = 16 * 1024;

const gunzipInPool = promisify(gunzip);
const OPTIONS = { maxOutputLength: LIMITS.maxReportDecompressedBytes };

async function unpacked(body: Uint8Array): Promise<Uint8Array> {
  try {
    return body.length <= INLINE_BYTES ? gunzipSync(body, OPTIONS) : await gunzipInPool(body, OPTIONS);
  } catch (error) {
    const isTooLarge =
      error instanceof RangeError && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
    throw new ProblemError(isTooLarge ? "payload_too_large" : "malformed_request");
  }
}
