import { ProblemError, type Secret } from "@dit/service-kit";
import { type Authenticator, accountId, bearerOf } from "./authenticator.ts";

const ACCOUNT_HEADER = "dit-account";

/** An application server that ACS trusts asserts the account: `Authorization: Bearer <serverId>.<secret>`, `DIT-Account`. */
export function createApplicationServerAuthenticator(o: {
  /** The server that may use this use case. */
  readonly serverId: string;
  /** Every server ACS knows: a known one that may not is told so; an unknown one is not. */
  readonly servers: Readonly<Record<string, Secret>>;
}): Authenticator {
  return {
    async authenticate(request) {
      const [, serverId = "", secret = ""] = /^([^.]*)\.(.*)$/.exec(bearerOf(request)) ?? [];
      const known = Object.hasOwn(o.servers, serverId) ? o.servers[serverId] : undefined;
      if (!known?.equals(secret)) throw new ProblemError("unauthenticated");
      if (serverId !== o.serverId) throw new ProblemError("use_case_unavailable");
      return accountId(request.headers.get(ACCOUNT_HEADER));
    },
  };
}
