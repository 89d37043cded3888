import { createHash } from "node:crypto";

/** A strong entity tag (RFC 9110 section 8.8.3): the same bytes, the same tag, on every instance. */
export function etagOf(body: string): string {
  return `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
}

/** A version as an entity tag. */
export function versionTag(version: number): string {
  return `"${version}"`;
}

/** `If-None-Match` (RFC 9110 section 13.1.2) compares weakly: a cache may have weakened the tag when it compressed the body. */
export function isUnchanged(request: Request, etag: string): boolean {
  const header = request.headers.get("if-none-match");
  if (header === null) return false;
  if (header.trim() === "*") return true;
  return header.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
}
