import type { ProblemCode } from "@dit/protocol";
import { ProblemError } from "./problem-error.ts";
import type { Secret } from "./secret.ts";

const SCHEME = "bearer ";

/** `Authorization: Bearer <secret>` (RFC 6750), or ProblemError(code), the same for a missing and a wrong one. */
export function requireBearer(request: Request, secret: Secret, code: ProblemCode): void {
  const header = request.headers.get("authorization") ?? "";
  const isBearer = header.slice(0, SCHEME.length).toLowerCase() === SCHEME;
  const isEqual = secret.equals(header.slice(SCHEME.length));
  if (!isBearer || !isEqual) throw new ProblemError(code);
}
