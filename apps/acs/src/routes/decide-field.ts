import { type FieldDecision, fieldDecisionSchema } from "@dit/protocol/schemas";
import { nowSeconds, ProblemError, readJson } from "@dit/service-kit";
import type { Json } from "@dit/storage";
import type { Handler } from "hono";
import type { AcsContext } from "../context.ts";
import { changeFieldPolicy } from "../field-policy/change-field-policy.ts";
import { decideField } from "../field-policy/decide-field.ts";
import { requireMonitorOrAdmin } from "../field-policy/require-monitor-or-admin.ts";
import type { UseCaseRegistry } from "../use-cases/registry.ts";
import type { StoredUseCase } from "../use-cases/stored-use-case.ts";

const MAX_BODY_BYTES = 4 * 1024;
const ACTIONS = {
  block: "field.blocked",
  unblock: "field.unblocked",
  override: "field.overridden",
  clear: "field.clearing_ordered",
} as const satisfies Record<FieldDecision["decision"], string>;

/**
 * `POST /v1/use-cases/{useCase}/field-decisions`: answers with the policy as it is then. The monitor may only block: whoever has its secret
 * can stop a field, and never bring one back.
 */
export function decideFieldRoute(context: AcsContext, registry: UseCaseRegistry): Handler {
  return async (c) => {
    const who = requireMonitorOrAdmin(c.req.raw, context.config);
    const decision = await readJson(c.req.raw, fieldDecisionSchema, MAX_BODY_BYTES);
    if (who === "monitor" && decision.decision !== "block") throw new ProblemError("service_unauthenticated");
    const useCase = c.req.param("useCase") ?? "";
    const now = nowSeconds(context.clock);
    const { changed, ...answer } = await changeFieldPolicy(
      context,
      useCase,
      (policy, stored) => {
        refuseUnknownField(stored, decision);
        return decideOrRefuse(() => decideField(policy, decision, now));
      },
      auditOf(useCase, decision, who, now),
    );
    if (changed) {
      await registry.refresh();
      context.logger.warn("field_policy.changed", {
        useCase,
        eventName: decision.event,
        field: decision.field,
      });
    }
    return c.json(answer, 200, { "cache-control": "no-store" });
  };
}

/** A field that was declared once may be decided on too: its block would count again if it came back. */
function refuseUnknownField({ document, retired }: StoredUseCase, { event, field }: FieldDecision): void {
  const { events } = document as { events: Record<string, { fields: Record<string, unknown> } | undefined> };
  const known = { ...events[event]?.fields, ...retired[event] };
  if (!Object.hasOwn(known, field)) {
    throw new ProblemError("malformed_request", { detail: "the use case has no such field" });
  }
}

function decideOrRefuse<T>(decide: () => T): T {
  try {
    return decide();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ProblemError("malformed_request", { detail: error.message });
  }
}

function auditOf(useCase: string, decision: FieldDecision, who: "monitor" | "admin", atSeconds: number) {
  const { decision: verb, event, field, by, reason } = decision;
  const detail: Json = {
    event,
    field,
    reason,
    ...("untilSeconds" in decision && { untilSeconds: decision.untilSeconds }),
  };
  return {
    atSeconds,
    // A human's name, as given by whoever has the administrator's secret.
    actor: who === "monitor" ? "monitor" : by,
    action: ACTIONS[verb],
    subject: useCase,
    detail,
  };
}
