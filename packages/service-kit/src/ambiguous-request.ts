import type { IncomingMessage } from "node:http";

/** What Node reads in one way and another server on the path may read in another: the start of request smuggling. */
export class AmbiguousRequestError extends Error {
  override readonly name = "AmbiguousRequestError";
}

/**
 * Whether two servers could disagree about where the request ends or whom it is for. Node's parser refuses most of these
 * itself; these it lets pass (RFC 9112 sections 2.3, 3.2, 6.1): another version than 1.0 and 1.1, no host or two, a transfer
 * coding besides `chunked`, any transfer coding in HTTP/1.0.
 */
export function isAmbiguous({ httpVersion, rawHeaders }: IncomingMessage): boolean {
  const hosts = valuesOf(rawHeaders, "host");
  const codings = valuesOf(rawHeaders, "transfer-encoding");
  if (httpVersion !== "1.1" && httpVersion !== "1.0") return true;
  if (hosts.length > 1 || (hosts.length === 0 && httpVersion === "1.1") || codings.length > 1) return true;
  return codings.some((coding) => coding.toLowerCase() !== "chunked" || httpVersion === "1.0");
}

/** `rawHeaders` holds names and values in turn, as they came. */
function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}
