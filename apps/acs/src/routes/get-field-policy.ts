import { ProblemError } from "@dit/service-kit";
import type { Handler } from "hono";
import type { AcsContext } from "../context.ts";
import { requireMonitorOrAdmin } from "../field-policy/require-monitor-or-admin.ts";
import { versionTag } from "../http/etag.ts";
import { jsonWithEtag } from "../http/json-with-etag.ts";
import type { UseCaseRegistry } from "../use-cases/registry.ts";

/** `GET /v1/use-cases/{useCase}/field-policy`, monitor or administrator channel. */
export function getFieldPolicyRoute({ config }: AcsContext, registry: UseCaseRegistry): Handler {
  return async (c) => {
    requireMonitorOrAdmin(c.req.raw, config);
    const state = (await registry.current()).get(c.req.param("useCase") ?? "");
    if (state === undefined) throw new ProblemError("not_found");
    const { version, fieldPolicy } = state;
    return jsonWithEtag(
      c.req.raw,
      { version, policy: fieldPolicy },
      { "cache-control": "private, no-cache", etag: versionTag(version) },
    );
  };
}
