import { ProblemError } from "@dit/service-kit";

declare const role: unique symbol;

/** Names an account within one use case. Never stored, logged or put into an error: only a keyed hash of it is kept. */
export type AccountId = string & { readonly [role]: "AccountId" };

/** Tells which account a request for tokens comes from. */
export interface Authenticator {
  /**
   * Throws ProblemError: `unauthenticated`; `use_case_unavailable` if the caller is known and may not use this use case;
   * `dependency_unavailable` if it cannot be told now.
   */
  authenticate(request: Request): Promise<AccountId>;
}

const MAX_ACCOUNT_LENGTH = 256;

export function accountId(text: unknown): AccountId {
  if (typeof text !== "string" || text === "" || text.length > MAX_ACCOUNT_LENGTH || !text.isWellFormed()) {
    throw new ProblemError("unauthenticated");
  }
  return text as AccountId;
}

/** What follows `Authorization: Bearer `. */
export function bearerOf(request: Request): string {
  const [, credentials] = /^Bearer +([\x21-\x7e]+)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
  if (credentials === undefined) throw new ProblemError("unauthenticated");
  return credentials;
}
