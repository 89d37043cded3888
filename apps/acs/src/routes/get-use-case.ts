import { ProblemError, requireBearer } from "@dit/service-kit";
import type { Handler } from "hono";
import type { AcsContext } from "../context.ts";
import { versionTag } from "../http/etag.ts";
import { jsonWithEtag } from "../http/json-with-etag.ts";
import type { UseCaseRegistry } from "../use-cases/registry.ts";

/** `GET /v1/use-cases/{useCase}`, service channel. The entity tag is the version that `If-Match` takes. */
export function getUseCaseRoute({ config }: AcsContext, registry: UseCaseRegistry): Handler {
  return async (c) => {
    requireBearer(c.req.raw, config.serviceSecret, "service_unauthenticated");
    const state = (await registry.current()).get(c.req.param("useCase") ?? "");
    if (state === undefined) throw new ProblemError("not_found");
    const { version, document } = state;
    return jsonWithEtag(
      c.req.raw,
      { version, document },
      { "cache-control": "private, no-cache", etag: versionTag(version) },
    );
  };
}
