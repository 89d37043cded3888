import { fromBase64Url } from "@dit/crypto-core";
import { LIMITS } from "@dit/protocol";
import { useCaseIdSchema } from "@dit/protocol/schemas";
import type { LogRecord } from "@dit/storage";
import { z } from "zod";

/** A record of the log: a report whose envelope holds, or what could still be read of one that does not. */
export type SinkRecord = WellFormedRecord | MalformedRecord;

export interface WellFormedRecord {
  readonly offset: number;
  readonly report: SinkReport;
}

export interface MalformedRecord {
  readonly offset: number;
  readonly report: undefined;
  /** 0 if not even a list of events was there. */
  readonly eventCount: number;
}

export type SinkReport = z.output<typeof reportSchema>;

/** What ClickHouse's `Date` holds ends in 2149. */
const MAX_DAY = "2149-01-01";
const MAX_UINT32 = 2 ** 32 - 1;

/** `AcceptedReport`, read from bytes. Its events are checked one by one against their columns: one bad event is one dead letter. */
const reportSchema = z.object({
  useCase: useCaseIdSchema,
  schemaVersion: z.int().min(1),
  epoch: z.int().min(0).max(MAX_UINT32),
  epochSeconds: z.int().min(1).max(MAX_UINT32),
  /** As a UUID's text, which is what its column takes. */
  reportId: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .transform(uuidOfHex),
  ingestDay: z.iso.date().refine((day) => day >= "1970-01-01" && day <= MAX_DAY),
  mayRepeat: z.boolean(),
  pseudonym: z.string().transform((text, context) => {
    const bytes = fromBase64Url(text);
    if (bytes?.length === LIMITS.pseudonymBytes) return bytes;
    context.addIssue("not a pseudonym");
    return z.NEVER;
  }),
  events: z.array(z.unknown()),
});

const utf8Decoder = new TextDecoder("utf-8", { fatal: true });

export function parseRecord({ offset, value }: LogRecord): SinkRecord {
  const json = parseJson(value);
  const parsed = reportSchema.safeParse(json);
  return parsed.success
    ? { offset, report: parsed.data }
    : { offset, report: undefined, eventCount: countEvents(json) };
}

export function eventCountOf(record: SinkRecord): number {
  return record.report === undefined ? record.eventCount : record.report.events.length;
}

export function uuidOfHex(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function parseJson(value: Uint8Array): unknown {
  try {
    return JSON.parse(utf8Decoder.decode(value));
  } catch {
    return undefined;
  }
}

function countEvents(json: unknown): number {
  const events = typeof json === "object" && json !== null && "events" in json ? json.events : undefined;
  return Array.isArray(events) ? events.length : 0;
}
