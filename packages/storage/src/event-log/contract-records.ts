import { createHash, randomBytes } from "node:crypto";
import type { AppendRecord } from "./event-log.ts";

export const TOPIC = "reports";

/**
 * What a test record says: whose it is, which of theirs, and enough bytes, with their hash, to show a torn one.
 */
export interface TestRecord {
  readonly writer: string;
  readonly number: number;
}

const FILL_BYTES = 400;

export function encodeRecord({ writer, number }: TestRecord): AppendRecord {
  const fill = randomBytes(FILL_BYTES).toString("hex");
  return {
    key: Buffer.from(writer),
    value: Buffer.from(`${writer} ${number} ${fill} ${digest(writer, number, fill)}`),
  };
}

/** Throws if the record is not as it was written. */
export function decodeRecord(value: Uint8Array): TestRecord {
  const [writer = "", number = "", fill = "", expected = ""] = Buffer.from(value).toString().split(" ");
  if (digest(writer, Number(number), fill) !== expected) throw new Error("a record is torn");
  return { writer, number: Number(number) };
}

function digest(writer: string, number: number, fill: string): string {
  return createHash("sha256").update(`${writer} ${number} ${fill}`).digest("hex");
}
