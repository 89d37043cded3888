import { errorReason } from "@dit/service-kit";
import type { ReidContext } from "../context.ts";
import type { ReidMetrics } from "../reid-metrics.ts";
import { fieldsToBlock, type Matter } from "./advance-alerts.ts";
import type { MeasuredUseCase } from "./measured-use-case.ts";

export interface Blocking {
  /** `use_case.event.field`, newly blocked. */
  readonly blocked: readonly string[];
  /** Why ACS did not take a block; undefined if it took all. */
  readonly failure: unknown;
}

/** Has ACS stop what was found to go too far, where the use case says so. Never rejects: people are told of the breach nevertheless. */
export async function blockFields(
  { acs, logger }: Pick<ReidContext, "acs" | "logger">,
  metrics: ReidMetrics,
  measured: MeasuredUseCase,
  matters: readonly Matter[],
): Promise<Blocking> {
  const { document, blockedFields } = measured.entry;
  const { useCase } = document;
  const alreadyBlocked = Object.values(blockedFields).reduce((sum, fields) => sum + fields.length, 0);
  metrics.blockedFields.set({ use_case: useCase }, alreadyBlocked);
  if (document.privacy.onBreach !== "block") return { blocked: [], failure: undefined };
  const tried = new Set<string>();
  const blocked: string[] = [];
  let failure: unknown;
  for (const { event, field, reason } of fieldsToBlock(matters, entropyIn(measured))) {
    const name = `${useCase}.${event}.${field}`;
    if (blockedFields[event]?.includes(field) || tried.has(name)) continue;
    tried.add(name);
    try {
      await acs.decideField(useCase, { decision: "block", event, field, by: "monitor", reason });
      blocked.push(name);
    } catch (error) {
      failure = error;
      metrics.blocksFailed.inc({ use_case: useCase });
      logger.error("field.not_blocked", { useCase, eventName: event, field, reason: errorReason(error) });
    }
  }
  return { blocked, failure };
}

function entropyIn({ windows }: MeasuredUseCase) {
  return (event: string, field: string): number => {
    const measured = windows
      .flatMap(({ fields }) => fields)
      .filter(({ measurement }) => measurement.event === event && measurement.fields.join() === field);
    return Math.max(0, ...measured.map(({ measurement }) => measurement.entropyBits));
  };
}
