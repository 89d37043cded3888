import { isDeepStrictEqual } from "node:util";
import type { UseCase } from "@dit/protocol/schemas";
import { ProblemError, type WatchDependency } from "@dit/service-kit";
import type { AcsContext } from "../context.ts";
import { createApplicationServerAuthenticator } from "./application-server.ts";
import type { Authenticator } from "./authenticator.ts";
import { isJwksUrlAllowed } from "./jwks-url.ts";
import { createJwtAuthenticator } from "./jwt.ts";

type Issuance = UseCase["issuance"];

/** The authenticator of each use case; one that has fetched keys keeps them until the document says otherwise. */
export function createAuthenticators(
  context: AcsContext,
  watchDependency: WatchDependency,
): (useCase: UseCase) => Authenticator {
  const made = new Map<string, { readonly issuance: Issuance; readonly authenticator: Authenticator }>();
  return ({ useCase, issuance }) => {
    const known = made.get(useCase);
    if (known !== undefined && isDeepStrictEqual(known.issuance, issuance)) return known.authenticator;
    const authenticator = createAuthenticator(context, watchDependency, issuance);
    made.set(useCase, { issuance, authenticator });
    return authenticator;
  };
}

function createAuthenticator(
  { clock, config, jwksFetch }: AcsContext,
  watchDependency: WatchDependency,
  issuance: Issuance,
): Authenticator {
  if (issuance.authenticator === "application_server") {
    return createApplicationServerAuthenticator({
      serverId: issuance.serverId,
      servers: config.applicationServers,
    });
  }
  // The document was checked when it was applied, but perhaps by an instance that was not in production.
  if (!isJwksUrlAllowed(issuance.jwksUrl, config.production)) throw new ProblemError("use_case_unavailable");
  return createJwtAuthenticator({
    issuance,
    clock,
    watchDependency,
    ...(jwksFetch === undefined ? {} : { fetch: jwksFetch }),
  });
}
