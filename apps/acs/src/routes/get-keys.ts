import { nowSeconds, ProblemError } from "@dit/service-kit";
import type { Handler } from "hono";
import type { AcsContext } from "../context.ts";
import { jsonWithEtag } from "../http/json-with-etag.ts";
import { keyDocument, keyDocumentMaxAge } from "../keys/key-document.ts";
import type { UseCaseRegistry } from "../use-cases/registry.ts";

/** `GET /v1/use-cases/{useCase}/keys`, for everyone and for caches. */
export function getKeysRoute({ config, clock }: AcsContext, registry: UseCaseRegistry): Handler {
  return async (c) => {
    const state = (await registry.current()).get(c.req.param("useCase") ?? "");
    if (state === undefined) throw new ProblemError("use_case_unavailable");
    const now = nowSeconds(clock);
    // Whoever has the document from before keeps it; one without the key that issues now would help nobody.
    if (state.unopened.some((key) => key.notBefore <= now && now < key.notAfter)) {
      throw new ProblemError("dependency_unavailable");
    }
    return jsonWithEtag(c.req.raw, keyDocument(config.environment, state, now), {
      "cache-control": `public, max-age=${keyDocumentMaxAge(state, now)}`,
    });
  };
}
