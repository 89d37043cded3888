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

/** Packs as many of the events as fit, halving until they do. Undefined if the first alone is too large. */
export async function packReport(
  context: Context,
  pseudonym: string,
  events: readonly QueuedEvent[],
): Promise<PackedReport | undefined> {
  for (let count = events.length; count >= 1; count = Math.floor(count / 2)) {
    const json = reportJson(pseudonym, events.slice(0, count));
    const packed = await pack(context, json);
    if (packed !== undefined) return { events: count, json, ...packed };
  }
  return undefined;
}

export function reportJson(pseudonym: string, events: readonly QueuedEvent[]): string {
  return JSON.stringify({ pseudonym, events });
}

async function pack({ platform }: Context, json: string) {
  const plain = new TextEncoder().encode(json);
  if (plain.length > LIMITS.maxReportDecompressedBytes) return undefined;
  const member = await compressed(plain, platform.gzip);
  if (member !== undefined) {
    const body = gzipPaddedTo(anonymous(member));
    return body && { body, gzip: true };
  }
  // RFC 8259 section 2: blanks after a value mean nothing.
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
