import { CREDENTIAL_HEADER } from "@dit/protocol";
import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";

/** Pages of any origin may send reports: what lets a report in is its credential, never a cookie, and none is read. */
export function forBrowsers(): MiddlewareHandler {
  return cors({
    origin: "*",
    allowMethods: ["POST"],
    allowHeaders: ["content-type", "content-encoding", CREDENTIAL_HEADER],
    exposeHeaders: ["retry-after"],
    maxAge: 86_400,
  });
}
