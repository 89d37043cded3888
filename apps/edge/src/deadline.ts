import { ProblemError } from "@dit/service-kit";

/** Waits for a body no longer than `timeoutMs`. Throws ProblemError `request_timeout`. */
export async function withDeadline<T>(body: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new ProblemError("request_timeout")), timeoutMs);
  try {
    return await Promise.race([body, expired]);
  } finally {
    clearTimeout(timer);
  }
}
