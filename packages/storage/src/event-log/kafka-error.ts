import { NetworkError, ProtocolError, protocolErrors, TimeoutError } from "@platformatic/kafka";

/**
 * What went wrong between this process and the brokers. `code` is Kafka's name for it ("NOT_ENOUGH_REPLICAS"), or the system's
 * ("ECONNREFUSED").
 */
export class KafkaError extends Error {
  override readonly name = "KafkaError";
  readonly code: string;
  /** The same request may succeed a moment later. */
  readonly isTransient: boolean;

  constructor(code: string, options: { isTransient?: boolean; detail?: string; cause?: unknown } = {}) {
    const { isTransient = false, detail = code, cause } = options;
    super(`event log (kafka): ${detail}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.isTransient = isTransient;
  }
}

/** Kafka's own table misses it: the broker is at an epoch that its next answer to a heartbeat will tell. */
const STALE_MEMBER_EPOCH = "STALE_MEMBER_EPOCH";

/** Of an answer's `errorCode`. */
export function kafkaErrorOfCode(errorCode: number, cause?: unknown): KafkaError {
  const known = Object.values(protocolErrors).find(({ code }) => code === errorCode);
  const code = known?.id ?? `KAFKA_${errorCode}`;
  const isTransient = known?.canRetry === true || code === STALE_MEMBER_EPOCH;
  return new KafkaError(code, { isTransient, cause });
}

/** Of whatever the library rejected with. */
export function kafkaErrorOf(error: unknown): KafkaError {
  if (error instanceof KafkaError) return error;
  const answered = firstPart(error, (part) => part instanceof ProtocolError);
  if (answered !== undefined) return kafkaErrorOfCode(Number(answered.apiCode), error);
  const failed = firstPart(error, (part) => part instanceof NetworkError || part instanceof TimeoutError);
  if (failed === undefined) return new KafkaError("UNKNOWN", { cause: error });
  if (failed.closed === true) return new KafkaError("CLOSED", { detail: "closed", cause: error });
  return new KafkaError(systemCode(failed), { isTransient: true, cause: error });
}

type LibraryError = NetworkError | ProtocolError | TimeoutError;

/** In the error, what it consists of, and what caused it. */
function firstPart(
  error: unknown,
  matches: (part: unknown) => part is LibraryError,
): LibraryError | undefined {
  if (matches(error)) return error;
  const parts: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  for (const part of parts) {
    const found = firstPart(part, matches);
    if (found !== undefined) return found;
  }
  return error instanceof Error && error.cause !== undefined ? firstPart(error.cause, matches) : undefined;
}

function systemCode(failed: LibraryError): string {
  if (failed instanceof TimeoutError) return "ETIMEDOUT";
  const { cause } = failed;
  return cause instanceof Error && "code" in cause && typeof cause.code === "string"
    ? cause.code
    : "ECONNRESET";
}
