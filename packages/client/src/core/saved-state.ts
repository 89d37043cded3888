import { fromBase64Url } from "@dit/crypto-core";
import { LIMITS, parseCredentialHeader } from "@dit/protocol";
import type { Settings } from "./settings.ts";
import type { ClientState } from "./state.ts";

const VERSION = 1;

/** The state as text, marked with what it belongs to: another use case must not send its events or use its tokens. */
export function writeState(state: ClientState, { environment, useCase }: Settings): string {
  return JSON.stringify({ version: VERSION, environment, useCase, ...state });
}

/** Undefined unless the text is a whole state of this use case and environment; it may have been cut or edited. */
export function readState(text: string, settings: Settings): ClientState | undefined {
  let saved: unknown;
  try {
    saved = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(saved) || saved.version !== VERSION) return undefined;
  if (saved.environment !== settings.environment || saved.useCase !== settings.useCase) return undefined;
  const { pseudonym, tokens, issued, queue, batch } = saved;
  if (!isListOf(tokens, isToken) || !isListOf(queue, isEvent)) return undefined;
  if (!isListOf(issued, isIssued)) return undefined;
  if (pseudonym !== undefined && !isPseudonym(pseudonym)) return undefined;
  if (batch !== undefined && !isBatch(batch)) return undefined;
  return { pseudonym, tokens, issued, queue, batch } as ClientState;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isListOf(value: unknown, isItem: (item: Record<string, unknown>) => boolean): boolean {
  return Array.isArray(value) && value.every((item: unknown) => isRecord(item) && isItem(item));
}

const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
const isBytes = (value: unknown, length: number) =>
  typeof value === "string" && fromBase64Url(value)?.length === length;

function isToken(item: Record<string, unknown>): boolean {
  const counts = [item.keyVersion, item.epoch, item.maxUses, item.uses];
  return (
    counts.every(isCount) &&
    Number.isFinite(item.usableAt) &&
    isBytes(item.token, 32) &&
    isBytes(item.macKey, 32)
  );
}

function isEvent(item: Record<string, unknown>): boolean {
  return typeof item.name === "string" && isCount(item.at) && isRecord(item.fields);
}

function isIssued(item: Record<string, unknown>): boolean {
  return isCount(item.epoch) && isCount(item.count);
}

function isPseudonym(value: unknown): boolean {
  return isRecord(value) && isCount(value.window) && isBytes(value.value, LIMITS.pseudonymBytes);
}

function isBatch(value: unknown): boolean {
  if (!isRecord(value) || !isListOf(value.events, isEvent)) return false;
  if (!isCount(value.attempts) || typeof value.resigned !== "boolean") return false;
  return value.signed === undefined || (isRecord(value.signed) && isSigned(value.signed));
}

function isSigned({ credential, pseudonym, body, gzip }: Record<string, unknown>): boolean {
  return (
    typeof credential === "string" &&
    parseCredentialHeader(credential) !== undefined &&
    isBytes(pseudonym, LIMITS.pseudonymBytes) &&
    typeof body === "string" &&
    fromBase64Url(body) !== undefined &&
    typeof gzip === "boolean"
  );
}
