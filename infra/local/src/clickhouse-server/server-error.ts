/** A refusal in the words of ClickHouse's HTTP interface. */
export class ServerError extends Error {
  override readonly name = "ServerError";

  constructor(code: number, type: string, message: string) {
    super(`Code: ${code}. DB::Exception: ${message}. (${type})`);
  }
}

/** HTTP status by ClickHouse's number of an error, as its `exceptionCodeToHTTPStatus` has it; 500 for all others. */
const STATUS_BY_CODE: readonly (readonly [status: number, codes: readonly number[]])[] = [
  [401, [194]],
  [403, [192, 193, 497, 512, 516]],
  [400, [6, 8, 15, 25, 26, 27, 36, 38, 41, 44, 53, 62, 72, 117, 167, 168, 321, 376, 427, 441, 675, 676]],
  [404, [16, 46, 47, 50, 56, 60, 63, 73, 81, 115, 511]],
  [408, [159]],
  [413, [66]],
  [501, [48]],
  [503, [76, 209, 439]],
];
const UNKNOWN_EXCEPTION = 1_002;

export interface Refusal {
  readonly code: number;
  readonly status: number;
  readonly text: string;
}

export function refusalOf(error: unknown): Refusal {
  const message = error instanceof Error ? error.message : String(error);
  const found = /Code: (\d+)/.exec(message)?.[1];
  const code = Number(found ?? UNKNOWN_EXCEPTION);
  const status = STATUS_BY_CODE.find(([, codes]) => codes.includes(code))?.[0] ?? 500;
  const text =
    found === undefined ? `Code: ${code}. DB::Exception: ${message}. (UNKNOWN_EXCEPTION)` : message;
  return { code, status, text };
}
