import type { AcsContext } from "../context.ts";
import type { UseCaseStates } from "../use-cases/registry.ts";
import { changeFieldPolicy } from "./change-field-policy.ts";
import { expireOverrides } from "./decide-field.ts";

/** Ends the overrides whose time is over: their fields are blocked again. Any number of instances may do it. */
export async function endOverrides(
  context: Pick<AcsContext, "documents">,
  states: UseCaseStates,
  nowSeconds: number,
): Promise<void> {
  for (const [useCase, { fieldPolicy }] of states) {
    const over = fieldPolicy.overrides.filter(({ untilSeconds }) => untilSeconds <= nowSeconds);
    if (over.length === 0) continue;
    await changeFieldPolicy(context, useCase, (policy) => expireOverrides(policy, nowSeconds), {
      atSeconds: nowSeconds,
      actor: "rotation-job",
      action: "field.override_ended",
      subject: useCase,
      detail: { fields: over.map(({ event, field }) => `${event}.${field}`) },
    });
  }
}
