import { gzipPaddedTo, LIMITS, paddedLength } from "@dit/protocol";
import type { Context } from "./context.ts";
import type { QueuedEvent } from "./state.ts";

export interface PackedReport {
  /** Of the events given, so many from the first on. */
  readonly events: number;
  readonly json: string;
  /** As sent: a whole size bucket. */
  readonly body: Uint8Array<ArrayBuffer>;
  readonly gzip: boolean;
}

/**
 * Packs as many of the events as fit, halving until they do. Undefined if the first alone is too large. `number` differs for
 * every report of a pseudonym.
 */
export async function packReport(
  context: Context,
  pseudonym: string,
  number: number,
  events: readonly QueuedEvent[],
): Promise<PackedReport | undefined> {
  for (let count = events.length; count >= 1; count = Math.floor(count / 2)) {
    const json = reportJson(pseudonym, number, events.slice(0, count));
    const packed = await pack(context, json);
    if (packed !== undefined) return { events: count, json, ...packed };
  }
  return undefined;
}

/**
 * Two reports of the same events in the same minute under one token would be the same bytes with the same MAC, and the second
 * be taken for a repeat of the first. So the report's number is in the blanks at the end, lowest bit first; they mean
 * nothing (RFC 8259 section 2).
 */
function reportJson(pseudonym: string, number: number, events: readonly QueuedEvent[]): string {
  const bits = [...number.toString(2)].reverse();
  return JSON.stringify({ pseudonym, events }) + bits.map((bit) => (bit === "1" ? "\t" : " ")).join("");
}

async function pack({ platform }: Context, json: string) {
  const plain = new TextEncoder().encode(json);
  if (plain.length > LIMITS.maxReportDecompressedBytes) return undefined;
  const member = await compressed(plain, platform.gzip);
  if (member !== undefined) {
    const body = gzipPaddedTo(anonymous(member));
    return body && { body, gzip: true };
  }
  // Blanks again.
  const length = paddedLength(plain.length);
  if (length === undefined) return undefined;
  const body = new Uint8Array(length).fill(0x20);
  body.set(plain);
  return { body, gzip: false };
}

async function compressed(
  plain: Uint8Array,
  gzip: ((bytes: Uint8Array) => Promise<Uint8Array>) | undefined,
): Promise<Uint8Array | undefined> {
  try {
    return await gzip?.(plain);
  } catch {
    return undefined;
  }
}

/** RFC 1952 section 2.3.1: MTIME, XFL and OS would tell the client's time and operating system. */
function anonymous(member: Uint8Array): Uint8Array {
  const bytes = member.slice();
  bytes.set([0, 0, 0, 0, 0, 255], 4);
  return bytes;
}
