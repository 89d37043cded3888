import { LIMITS } from "@dit/protocol";
import { ProblemError, readJson, requireBearer } from "@dit/service-kit";
import type { Handler } from "hono";
import { z } from "zod";
import type { AcsContext } from "../context.ts";
import { versionTag } from "../http/etag.ts";
import { applyUseCase } from "../use-cases/apply-use-case.ts";
import type { UseCaseRegistry } from "../use-cases/registry.ts";

/** `PUT /v1/use-cases/{useCase}`, administrator channel. `If-Match: "<version>"` (0: must not exist) guards against another's change. */
export function putUseCaseRoute(context: AcsContext, registry: UseCaseRegistry): Handler {
  return async (c) => {
    requireBearer(c.req.raw, context.config.adminSecret, "service_unauthenticated");
    const expectedVersion = expectedVersionOf(c.req.header("if-match"));
    const input = await readJson(c.req.raw, z.unknown(), LIMITS.maxUseCaseDocumentBytes);
    const useCase = c.req.param("useCase") ?? "";
    const { version, created } = await applyUseCase(context, useCase, input, expectedVersion);
    await registry.refresh();
    return c.json({ useCase, version }, created ? 201 : 200, {
      etag: versionTag(version),
      "cache-control": "no-store",
    });
  };
}

function expectedVersionOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const [, version] = /^"?(\d{1,9})"?$/.exec(header.trim()) ?? [];
  if (version === undefined)
    throw new ProblemError("malformed_request", { detail: "If-Match is not a version" });
  return Number(version);
}
