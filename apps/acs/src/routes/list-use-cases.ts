import type { BlockedFields } from "@dit/protocol";
import type { UseCaseList } from "@dit/protocol/schemas";
import { requireBearer } from "@dit/service-kit";
import type { Handler } from "hono";
import type { AcsContext } from "../context.ts";
import { blockedFieldsOf } from "../field-policy/blocked-fields.ts";
import { jsonWithEtag } from "../http/json-with-etag.ts";
import type { UseCaseRegistry } from "../use-cases/registry.ts";

/** `GET /v1/use-cases`, service channel: what ingest and sink follow, by its entity tag. */
export function listUseCasesRoute({ config }: AcsContext, registry: UseCaseRegistry): Handler {
  return async (c) => {
    requireBearer(c.req.raw, config.serviceSecret, "service_unauthenticated");
    const states = [...(await registry.current()).values()];
    const list = {
      environment: config.environment,
      useCases: states.map(({ version, document, fieldPolicy }) => ({
        version,
        document,
        blockedFields: blockedFieldsOf(fieldPolicy),
      })),
    } satisfies UseCaseListShape;
    return jsonWithEtag(c.req.raw, list, { "cache-control": "private, no-cache" });
  };
}

/** As `UseCaseList`, read-only. */
type UseCaseListShape = {
  readonly environment: UseCaseList["environment"];
  readonly useCases: readonly {
    readonly version: number;
    readonly document: object;
    readonly blockedFields: BlockedFields;
  }[];
};
