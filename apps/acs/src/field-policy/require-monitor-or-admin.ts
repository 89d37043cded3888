import { ProblemError, requireBearer, type Secret } from "@dit/service-kit";
import type { AcsSettings } from "../context.ts";

/** Whose secret a request shows. Throws ProblemError service_unauthenticated, the same for every other. */
export function requireMonitorOrAdmin(
  request: Request,
  { adminSecret, monitorSecret }: Pick<AcsSettings, "adminSecret" | "monitorSecret">,
): "monitor" | "admin" {
  if (monitorSecret !== undefined && shows(request, monitorSecret)) return "monitor";
  requireBearer(request, adminSecret, "service_unauthenticated");
  return "admin";
}

function shows(request: Request, secret: Secret): boolean {
  try {
    requireBearer(request, secret, "service_unauthenticated");
    return true;
  } catch (error) {
    if (error instanceof ProblemError) return false;
    throw error;
  }
}
