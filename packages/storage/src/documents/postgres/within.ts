import { PostgresStoreError } from "./errors.ts";

/** Rejects where the server, or the way to it, says nothing at all. What was asked goes on: its connection is to be given up. */
export async function within<T>(limitMs: number, asked: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new PostgresStoreError("the server does not answer", "no_answer")),
    limitMs,
  );
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
