import { etagOf, isUnchanged } from "./etag.ts";

/** A JSON answer that caches can keep and ask after: 304 without a body if the caller has these bytes already. */
export function jsonWithEtag(
  request: Request,
  value: unknown,
  headers: { readonly "cache-control": string; readonly etag?: string },
): Response {
  const body = JSON.stringify(value);
  const etag = headers.etag ?? etagOf(body);
  const shared = { "cache-control": headers["cache-control"], etag };
  if (isUnchanged(request, etag)) return new Response(null, { status: 304, headers: shared });
  return new Response(body, { headers: { ...shared, "content-type": "application/json" } });
}
