import type { ConfirmUseRequest, TakeRequest, TakeResult, UseRequest, UseResult } from "../counters.ts";
import { counterKey } from "./counter-key.ts";
import { memberNumbers } from "./member-numbers.ts";
import { type ScriptAnswer, type ScriptCall, USE_OUTCOMES } from "./script.ts";

/** What is asked of the port, as runs of the script, and their answers as the port gives them. */
export function useCall(request: UseRequest): ScriptCall {
  const { expiresAtSeconds, member, limit } = request;
  return {
    key: counterKey("u", request),
    args: ["use", String(expiresAtSeconds), ...memberNumbers(member), String(limit)],
  };
}

export function useResult([outcome, uses]: ScriptAnswer): UseResult {
  return { outcome: USE_OUTCOMES[outcome] ?? "exhausted", uses };
}

export function confirmCall(request: ConfirmUseRequest): ScriptCall {
  return {
    key: counterKey("u", request),
    args: ["confirm", String(request.expiresAtSeconds), ...memberNumbers(request.member)],
  };
}

export function takeCall(request: TakeRequest): ScriptCall {
  const { expiresAtSeconds, amount, limit } = request;
  if (!Number.isSafeInteger(amount)) throw new RangeError("counters: an amount is a whole number");
  return {
    key: counterKey("a", request),
    args: ["take", String(expiresAtSeconds), String(amount), String(limit)],
  };
}

export function takeResult([granted, remaining]: ScriptAnswer): TakeResult {
  return { granted: granted === 1, remaining };
}
